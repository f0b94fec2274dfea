import { HISTORY_METRICS, HISTORY_MINUTES } from '../../functions/core/history.js';
import { count, known, list, object, of, oneOf, reference, type Schema, time } from './schemas.js';

const series = Object.fromEntries(
  Object.entries(HISTORY_METRICS).map(([name, metric]) => [
    name,
    list(known, `${metric}; null where nothing is known.`),
  ]),
);

/** The schemas of `GET /health/history`. */
export const HISTORY_SCHEMAS: Readonly<Record<string, Schema>> = {
  History: object(
    {
      pool: { type: 'string' },
      source: of(oneOf('cloudwatch', 'memory'), 'Deployed CloudWatch, with npm start its own checks.'),
      stepSeconds: of(count, 'From one check to the next.'),
      from: time,
      to: time,
      times: list({ type: 'number' }, 'Seconds since 1970, oldest first.'),
      series: object(series, 'Values in the order of the times.'),
      problems: list(reference('Problem'), 'Why nothing is known, where the source could not be asked.'),
    },
    `The last ${HISTORY_MINUTES} minutes of one pool.`,
  ),
};

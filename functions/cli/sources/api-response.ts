import * as v from 'valibot';
import { hasControlCharacters } from '../../core/control-characters.js';
import { POOL_REPORT } from '../../core/pool-report.js';
import { Failure, UsageError } from '../errors.js';
import type { CheckResult } from './source.js';

/**
 * Reads the answer of the route.
 *
 * @throws UsageError if there is no such pool or route
 * @throws Failure with what to do if the answer is not a report
 */
export function answered(status: number, text: string, isSigned: boolean): CheckResult {
  if (status === 404) {
    throw new UsageError('the API has no such pool, or is not a pool-health API (404): check --api and --pool');
  }
  if (status === 401 || status === 403) {
    throw new Failure(
      isSigned
        ? `the API refused the signed request (${status}): allow execute-api:Invoke on the route to these credentials`
        : `the API requires signed requests (${status}): add --sign, with AWS credentials that allow execute-api:Invoke`,
    );
  }
  if (status === 429) {
    throw new Failure('the API throttles requests (429): try again in a second');
  }
  const parsed = v.safeParse(POOL_REPORT, json(text));
  if ((status !== 200 && status !== 503) || !parsed.success || containsControlCharacters(parsed.output)) {
    throw new Failure(`the API answered ${status} with something that is not a pool-health report`);
  }
  const report = parsed.output;
  // In JSON a carriage return is white space between values, but on a terminal the next value would overwrite the line.
  const shown = text.replaceAll(/\r\n?/g, '\n');
  return { json: shown, report, problems: report.problems.map((problem) => ({ ...problem, values: {} })) };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A report of pool-health has no control characters. One that has them comes from something else. */
function containsControlCharacters(value: unknown): boolean {
  if (typeof value === 'string') {
    return hasControlCharacters(value);
  }
  return typeof value === 'object' && value !== null && Object.values(value).some(containsControlCharacters);
}

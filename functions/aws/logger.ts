import type { Logger } from '../core/ports.js';

/** Writes one line, given without its line break, to the output that carries logs and embedded metrics. */
export type WriteLine = (line: string) => void;

/** Writes to standard output. `console.log` is not used: Lambda adds a prefix to its lines or wraps them in JSON. */
export const toStandardOutput: WriteLine = (line) => {
  process.stdout.write(`${line}\n`);
};

/** The level names that Lambda filters by. @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html */
const LEVEL_NAMES = { info: 'INFO', warning: 'WARN', error: 'ERROR' } as const;

/**
 * Creates a logger that writes one JSON line per entry: `timestamp` (ISO 8601), `level`, `message` and the fields. It uses no
 * logging library, because that would only slow down cold starts.
 *
 * @param writeLine @default standard output, which Lambda delivers to CloudWatch Logs
 */
export function jsonLog(writeLine: WriteLine = toStandardOutput): Logger {
  return (level, message, fields) => {
    writeLine(JSON.stringify({ timestamp: new Date().toISOString(), level: LEVEL_NAMES[level], message, ...fields }));
  };
}

import type { ProblemValues } from '../core/problems.js';

/** Writes one line, without its end, to where logs and embedded metrics are read from. */
export type WriteLine = (line: string) => void;

/** Standard output as it is; `console.log` would put a prefix of Lambda's, or another JSON, around each line. */
export const toStandardOutput: WriteLine = (line) => {
  process.stdout.write(`${line}\n`);
};

/** What an entry tells beside its message. No errors: their messages name hosts and may quote secrets. */
export type LogFields = ProblemValues & {
  readonly timestamp?: never;
  readonly level?: never;
  readonly message?: never;
};

/** Writes one entry of the log. Fields are values of problems and settings: never a host, a user or a credential. */
export type Logger = (level: 'info' | 'warning' | 'error', message: string, fields?: LogFields) => void;

/** The names by which Lambda filters. @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html */
const LEVEL_NAMES = { info: 'INFO', warning: 'WARN', error: 'ERROR' } as const;

/**
 * A log of one JSON line an entry: `timestamp` (ISO 8601), `level`, `message`, and the fields beside them. All that a
 * logging library would add here is its share of every cold start.
 *
 * @param writeLine @default standard output, which Lambda delivers to CloudWatch Logs
 */
export function jsonLog(writeLine: WriteLine = toStandardOutput): Logger {
  return (level, message, fields) => {
    writeLine(JSON.stringify({ timestamp: new Date().toISOString(), level: LEVEL_NAMES[level], message, ...fields }));
  };
}

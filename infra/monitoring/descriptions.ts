import type { AlarmRow } from './alarm.js';
import { POOL_ALARMS } from './pool-alarms.js';

/** The composite alarm of a pool. */
export const ACT_NOW = 'act-now';

const ACT_NOW_ROWS: readonly AlarmRow<string>[] = POOL_ALARMS.filter((row) => 'actNow' in row);

/** Names of the alarms that it combines. */
export const ACT_NOW_ALARMS: readonly string[] = ACT_NOW_ROWS.map(({ name }) => name);

/** Where the messages of alarms lead. */
export interface AlarmLinks {
  /** URL of the page; `#<pool>` is appended. Null if requests must be signed: a browser cannot open it then. */
  readonly page: string | null;
  /** Path or URL of the runbook; `#<alarm>` is appended. */
  readonly runbook: string;
}

/** What a message says, apart from links. */
export interface Message {
  /** Name of the alarm's runbook entry. */
  readonly alarm: string;
  /** The pool that the page shows; null for alarms of the monitor itself. */
  readonly pool: string | null;
  readonly meaning: string;
  readonly firstStep: string;
}

/**
 * The description of an alarm: its meaning, what to do first, and where to read on, each on its own line. It is a part of
 * every message, which may be all that an engineer on call sees. CloudWatch accepts 1,024 characters.
 */
export function alarmDescription({ alarm, pool, meaning, firstStep }: Message, { page, runbook }: AlarmLinks): string {
  const links = [...(page === null ? [] : [`Page: ${pageOf(page, pool)}`]), `Runbook: ${runbook}#${alarm}`];
  return [meaning, `First: ${firstStep}`, ...links].join('\n');
}

/** The URL of the page with a pool. @param pool null: the worst */
export function pageOf(page: string, pool: string | null): string {
  return pool === null ? page : `${page}#${encodeURIComponent(pool)}`;
}

/**
 * The message of `act-now`. A description is fixed, so it cannot name the alarm that is on; the reason in the message does:
 * "<ARN of the alarm> transitioned to ALARM at …". The description has the first step for each of them.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html (composite alarms)
 */
export function actNowMessage(pool: string): Message {
  const steps = ACT_NOW_ROWS.map(({ name, firstStep }) => `- ${name}: ${firstStep}`);
  return {
    alarm: ACT_NOW,
    pool,
    meaning: `Pool ${pool} is full, about to be full, unhealthy, or not monitored.`,
    firstStep: ['The reason in this message names the alarm that is on:', ...steps].join('\n'),
  };
}

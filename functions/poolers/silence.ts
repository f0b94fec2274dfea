import type { DatabaseProbeResult } from '../core/probe-results.js';

/** Whether the login succeeded and the statement got no answer: where a pooler stands between, it waits in its queue. */
export function isSilent({ isDirect, problems }: DatabaseProbeResult): boolean {
  return isDirect === null && problems.some(({ code, values }) => code === 'PROBE.TIMEOUT' && values.phase === 'query');
}

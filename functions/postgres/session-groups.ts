import * as v from 'valibot';
import type { SessionGroup, SessionGroupsResult } from '../core/details-report.js';
import { problem } from '../core/problems.js';

/** Limit of the list, which begins with the largest groups. */
const MAX_GROUPS = 50;

/**
 * One row with all sessions of the server, grouped by database, user, application and state, the largest groups first. Like
 * `activityStatement`, it is read-only and works on PostgreSQL 12 to 18, through poolers.
 */
export const SESSION_GROUPS_STATEMENT = `
select pg_backend_pid() as pid,
  (select (xact_commit + xact_rollback)::float8 from pg_catalog.pg_stat_database where datname = current_database())
    as transactions,
  groups.*
from (
  select coalesce(jsonb_agg(to_jsonb(holder) - 'total'), '[]') as holders, coalesce(max(total), 0)::int as total
  from (
    select d.datname as database, r.rolname as "user", application_name as application, coalesce(state, 'unknown') as state,
      count(*)::int as count,
      round(extract(epoch from max(clock_timestamp() - xact_start)) * 1000)::float8 as "oldestTransactionMs",
      round(extract(epoch from max(clock_timestamp() - query_start) filter (where state = 'active')) * 1000)::float8
        as "longestQueryMs",
      count(*) over () as total
    from pg_catalog.pg_stat_get_activity(null) a
      left join pg_catalog.pg_database d on d.oid = a.datid
      left join pg_catalog.pg_roles r on r.oid = a.usesysid
    where backend_type = 'client backend'
    group by 1, 2, 3, 4
    order by count(*) desc, 1, 2, 3, 4
    limit ${MAX_GROUPS}
  ) as holder
) as groups`;

const milliseconds = v.nullable(v.pipe(v.number(), v.finite()));
const row = v.object({
  transactions: v.nullable(v.number()),
  total: v.number(),
  holders: v.array(
    v.object({
      database: v.nullable(v.string()),
      user: v.nullable(v.string()),
      application: v.nullable(v.string()),
      state: v.string(),
      count: v.number(),
      oldestTransactionMs: milliseconds,
      longestQueryMs: milliseconds,
    }),
  ),
});

/** Reads the row of `SESSION_GROUPS_STATEMENT`. Never throws: an unexpected row shape is `PROBE.QUERY`. */
export function readSessionGroups(raw: unknown): SessionGroupsResult {
  const parsed = v.safeParse(row, raw);
  if (!parsed.success) {
    return {
      holders: null,
      omitted: null,
      transactions: null,
      problems: [problem('PROBE.QUERY', { reason: 'unexpected row shape' })],
    };
  }
  const { transactions, total } = parsed.output;
  const holders: readonly SessionGroup[] = parsed.output.holders;
  return { holders, omitted: total - holders.length, transactions, problems: [] };
}

import { grantMonitorSql, SESSIONS_PER_POOL, sqlName } from '../../core/check-role.js';
import { type Finding, failed, ok, sql, unknown } from '../../core/finding.js';
import type { RoleFacts } from '../../postgres/role.js';
import { configuredMaxOf, lowestCeiling } from './ceiling.js';
import type { Facts } from './gather.js';

/** Findings about the role of the URL and about idle transactions. Pure. */
export function roleFindings(facts: Facts): Finding[] {
  const { role, sharedUser } = facts;
  if (role === null) {
    return [unknown('role', 'The privileges of the role are unknown.')];
  }
  const ofTheCheck = sharedUser ? [] : [statementTimeout(role)];
  const rights = role.isSuperuser ? [superuser(role)] : [monitor(role), connectionLimit(role, facts), ...ofTheCheck];
  return [...rights, ...idleInTransaction(role)];
}

function superuser({ user }: RoleFacts): Finding {
  return failed(
    'role',
    `${sqlName(user)} is a superuser: no CONNECTION LIMIT applies to it, and it can use the slots reserved for emergencies.`,
    { kind: 'command', text: 'pool-health setup --run, then use that role for the check' },
  );
}

function monitor({ user, isMonitor }: RoleFacts): Finding {
  return isMonitor
    ? ok('grant', `${sqlName(user)} can see the state of all sessions.`)
    : failed(
        'grant',
        `${sqlName(user)} cannot see other sessions, so connections cannot be counted.`,
        sql(grantMonitorSql(user)),
      );
}

/** A role that the application shares needs as many sessions as the settings allow. A role for the check alone needs one. */
function connectionLimit({ user, connectionLimit: limit }: RoleFacts, facts: Facts): Finding {
  const name = sqlName(user);
  const minimum = facts.sharedUser ? needed(facts) : 1;
  if (minimum === null) {
    return unknown('role limit', `The limit that ${name} needs is unknown while the settings are invalid.`);
  }
  if (limit !== null && limit >= minimum) {
    return ok('role limit', `${name} may open ${limit} sessions.`);
  }
  const proposed = facts.sharedUser ? minimum : SESSIONS_PER_POOL;
  const text =
    limit === null
      ? `${name} has no CONNECTION LIMIT: one faulty program can use every slot of the server.`
      : `${name} may open ${limit} sessions, but needs ${minimum}.`;
  return failed('role limit', text, sql(`ALTER ROLE ${name} CONNECTION LIMIT ${proposed}`));
}

/** The configured maximum, up to the lowest limit; null if the settings are invalid. */
function needed(facts: Facts): number | null {
  const configured = configuredMaxOf(facts);
  return configured === null ? null : Math.min(configured, lowestCeiling(facts)?.connections ?? configured);
}

function statementTimeout({ user, statementTimeoutMs }: RoleFacts): Finding {
  const name = sqlName(user);
  return statementTimeoutMs === null
    ? failed(
        'statement timeout',
        `${name} has no statement_timeout: statements whose client is gone keep running and can pile up.`,
        sql(`ALTER ROLE ${name} SET statement_timeout = '3s'`),
      )
    : ok('statement timeout', `The server cancels statements of ${name} after ${statementTimeoutMs} ms.`);
}

function idleInTransaction({ idleInTransaction: idle, isMonitor }: RoleFacts): Finding[] {
  const about = 'idle in transaction';
  if (!isMonitor) {
    return [unknown(about, 'Sessions that are idle in transaction are not visible without pg_monitor.')];
  }
  const found = idle
    .filter(({ isEnded }) => isEnded !== true)
    .map(({ user, count, longestMs, isEnded }) => {
      const name = sqlName(user);
      const text = `${count} ${count === 1 ? 'session' : 'sessions'} of ${name} ${count === 1 ? 'is' : 'are'} idle in transaction, for up to ${longestMs} ms`;
      return isEnded === null
        ? unknown(
            about,
            `${text}. Whether the server ends them is unknown, because this session has its own idle_in_transaction_session_timeout.`,
          )
        : failed(
            about,
            `${text}, and the server does not end them.`,
            sql(`ALTER ROLE ${name} SET idle_in_transaction_session_timeout = '60s'`),
          );
    });
  return found.length > 0
    ? found
    : [
        ok(
          about,
          idle.length > 0
            ? 'The server ends sessions that are idle in transaction after a timeout.'
            : 'No session is idle in transaction.',
        ),
      ];
}

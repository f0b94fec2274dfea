import { grantMonitorSql, sqlName } from '../../core/check-role.js';
import { type Finding, failed, ok, sql, tip, unknown } from '../../core/finding.js';
import type { RoleFacts } from '../../postgres/role.js';
import type { Facts } from './gather.js';
import { isSharedRole, roleLimitFindings } from './role-limit.js';

/** The server should end a session that is idle in transaction for longer (seconds). A pause below that is common. */
const IDLE_IN_TRANSACTION_TIMEOUT_S = 60;

/** Findings about the role of the URL and about idle transactions. Pure. */
export function roleFindings(facts: Facts): Finding[] {
  const { role } = facts;
  if (role === null) {
    return [unknown('role', 'The privileges of the role are unknown.')];
  }
  const ofTheCheck = isSharedRole(role, facts) ? [] : [statementTimeout(role)];
  const limits = roleLimitFindings(role, facts);
  const rights = role.isSuperuser ? [superuser(role), ...limits] : [monitor(role), ...limits, ...ofTheCheck];
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
        : (longestMs < IDLE_IN_TRANSACTION_TIMEOUT_S * 1_000 ? tip : failed)(
            about,
            `${text}, and the server does not end them.`,
            sql(`ALTER ROLE ${name} SET idle_in_transaction_session_timeout = '${IDLE_IN_TRANSACTION_TIMEOUT_S}s'`),
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

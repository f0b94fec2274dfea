import { grantMonitorSql, SESSIONS_PER_POOL, sqlName } from '../../core/check-role.js';
import { type Finding, failed, ok, sql, unknown } from '../../core/finding.js';
import type { RoleFacts } from '../../postgres/role.js';
import { lowestCeiling, promisedBy } from './ceiling.js';
import type { Facts } from './facts.js';

/** The role of the URL, and the roles whose transactions stay open. Pure. */
export function roleFindings(facts: Facts): Finding[] {
  const { role, sharedUser } = facts;
  if (role === null) {
    return [unknown('role', 'What the role may do was not seen.')];
  }
  const ofTheCheck = sharedUser ? [] : [statementTimeout(role)];
  const rights = role.isSuperuser ? [superuser(role)] : [monitor(role), connectionLimit(role, facts), ...ofTheCheck];
  return [...rights, ...idleInTransaction(role)];
}

function superuser({ user }: RoleFacts): Finding {
  return failed(
    'role',
    `${sqlName(user)} is a superuser: no limit holds it, and it takes the slots that are kept for emergencies.`,
    { kind: 'command', text: 'pool-health setup --run, and let the check log in as that role' },
  );
}

function monitor({ user, isMonitor }: RoleFacts): Finding {
  return isMonitor
    ? ok('grant', `${sqlName(user)} sees what all sessions do.`)
    : failed(
        'grant',
        `What sessions of others do is hidden from ${sqlName(user)}: nothing can be counted.`,
        sql(grantMonitorSql(user)),
      );
}

/** A role of the application needs room for what the settings promise, that of the check for the check alone. */
function connectionLimit({ user, connectionLimit: limit }: RoleFacts, facts: Facts): Finding {
  const name = sqlName(user);
  const least = facts.sharedUser ? needed(facts) : 1;
  if (least === null) {
    return unknown('role limit', `What ${name} needs is not known while there is a mistake in the settings.`);
  }
  if (limit !== null && limit >= least) {
    return ok('role limit', `${name} may have ${limit} sessions.`);
  }
  const wanted = facts.sharedUser ? least : SESSIONS_PER_POOL;
  const text =
    limit === null
      ? `${name} has no CONNECTION LIMIT: a mistake in one program can take every slot of the server.`
      : `${name} may have ${limit} sessions, but needs ${least}.`;
  return failed('role limit', text, sql(`ALTER ROLE ${name} CONNECTION LIMIT ${wanted}`));
}

/** What the settings promise, as far as it can be given; null when there is a mistake in them. */
function needed(facts: Facts): number | null {
  const promised = promisedBy(facts);
  return promised === null ? null : Math.min(promised, lowestCeiling(facts)?.connections ?? promised);
}

function statementTimeout({ user, statementTimeoutMs }: RoleFacts): Finding {
  const name = sqlName(user);
  return statementTimeoutMs === null
    ? failed(
        'statement timeout',
        `Nothing ends a statement that ${name} has left behind, so that they can pile up.`,
        sql(`ALTER ROLE ${name} SET statement_timeout = '3s'`),
      )
    : ok('statement timeout', `Statements of ${name} end after ${statementTimeoutMs} ms.`);
}

function idleInTransaction({ idleInTransaction: idle, isMonitor }: RoleFacts): Finding[] {
  const about = 'idle in transaction';
  if (!isMonitor) {
    return [unknown(about, 'Sessions that are idle in a transaction are hidden without the grant.')];
  }
  const found = idle
    .filter(({ isEnded }) => isEnded !== true)
    .map(({ user, count, longestMs, isEnded }) => {
      const name = sqlName(user);
      const text = `${count} of ${name} now, for up to ${longestMs} ms`;
      return isEnded === null
        ? unknown(about, `${text}; whether something ends them is hidden by a setting of this session.`)
        : failed(
            about,
            `${text}, and nothing ends them.`,
            sql(`ALTER ROLE ${name} SET idle_in_transaction_session_timeout = '60s'`),
          );
    });
  return found.length > 0
    ? found
    : [ok(about, idle.length > 0 ? 'The server ends them after a time.' : 'No session is.')];
}

import { type Finding, failed, ok, setting, unknown } from '../../core/finding.js';
import { PROBLEMS, type Problem } from '../../core/problems.js';
import { pairs } from '../../core/report-line.js';
import { managedFindings } from '../../poolers/findings.js';
import { ceilingFindings } from './ceiling.js';
import type { AddressFacts, Facts } from './facts.js';
import { roleFindings } from './role-findings.js';
import { settingsFindings } from './settings-findings.js';

/** The oldest PostgreSQL that the check is tested with. */
const OLDEST_VERSION = 120_000;

/** What is fine, what is wrong and how to mend it, what could not be seen. Pure; never throws. */
export function findings(facts: Facts): Finding[] {
  return [
    ...settingsFindings(facts),
    tls(facts.address),
    ...(facts.database ? [version(facts.database.serverVersion)] : []),
    ...ceilingFindings(facts),
    ...roleFindings(facts),
    ...managedFindings(facts),
    ...check(facts),
  ];
}

function tls({ tls: mode, isThisMachine }: AddressFacts): Finding {
  if (mode === 'verify-full') {
    return ok('tls', 'The connection is encrypted, and its other end is verified.');
  }
  return isThisMachine
    ? ok('tls', 'The connection is plain, and does not leave this machine.')
    : failed(
        'tls',
        'The connection is plain: passwords and data can be read on the way.',
        setting('sslmode=verify-full in DATABASE_URL, with sslrootcert=FILE for an authority of your own'),
      );
}

function version(number: number): Finding {
  const major = Math.floor(number / 10_000);
  return number < OLDEST_VERSION
    ? failed('version', `PostgreSQL ${major} is older than the check knows: 12 to 18.`)
    : ok('version', `PostgreSQL ${major}.`);
}

/** What another finding says in more words. */
function isSaidAlready({ code, values }: Problem, role: Facts['role']): boolean {
  const isGrantMissing = role !== null && !role.isMonitor;
  return (
    code === 'POOL.EXCEEDS_CEILING' ||
    (code === 'PROBE.PRIVILEGE' && values.hiddenSessions !== undefined && isGrantMissing)
  );
}

/** How the pool is at this moment. */
function check({ problems, database, role }: Facts): Finding[] {
  const left = database?.orphans ?? [];
  const found = problems
    .filter((problem) => !isSaidAlready(problem, role))
    .map(({ code, values }) => failed('check', `${[code, ...pairs(values)].join(' ')}. ${PROBLEMS[code].text}`));
  if (left.length > 0) {
    found.push(
      failed('check', `Statements of earlier checks still run on the server (process ids ${left.join(', ')}).`),
    );
  }
  if (found.length > 0 || problems.length > 0) {
    return found;
  }
  return [database ? ok('check', 'A check sees nothing wrong.') : unknown('check', 'The server was not seen.')];
}

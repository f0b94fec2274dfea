import { type Finding, failed, ok, setting, unknown } from '../../core/finding.js';
import { pairs } from '../../core/format.js';
import { PROBLEMS, type Problem } from '../../core/problems.js';
import { ordinarySlots } from '../../core/sample.js';
import { poolerFindings } from '../../poolers/findings.js';
import { ceilingFindings, configuredMaxOf } from './ceiling.js';
import type { AddressFacts, Facts } from './gather.js';
import { roleFindings } from './role-findings.js';
import { settingsFindings } from './settings-findings.js';

/** The oldest PostgreSQL that the check is tested on. */
const MIN_VERSION = 120_000;

/** All findings, in the order in which they are printed. Pure; never throws. */
export function findings(facts: Facts): Finding[] {
  return [
    ...settingsFindings(facts),
    tls(facts.address),
    ...(facts.database ? [version(facts.database.serverVersion)] : []),
    ...ceilingFindings(facts),
    ...roleFindings(facts),
    ...poolerFindings({
      pooler: facts.pooler,
      configuredMax: configuredMaxOf(facts),
      serverSlots: facts.database && ordinarySlots(facts.database.slots),
    }),
    ...check(facts),
  ];
}

function tls({ tls: mode, isThisMachine }: AddressFacts): Finding {
  if (mode === 'verify-full') {
    return ok('tls', 'The connection is encrypted and the server is verified.');
  }
  if (mode === 'verify-ca') {
    return ok(
      'tls',
      'The connection is encrypted and its authority is verified; its host name is not (sslmode=verify-ca).',
    );
  }
  return isThisMachine
    ? ok('tls', 'The connection is not encrypted, but does not leave this machine.')
    : failed(
        'tls',
        'The connection is not encrypted: passwords and data can be read on the network.',
        setting('sslmode=verify-full in DATABASE_URL, plus sslrootcert=FILE for a private certificate authority'),
      );
}

function version(number: number): Finding {
  const major = Math.floor(number / 10_000);
  return number < MIN_VERSION
    ? failed('version', `PostgreSQL ${major} is not supported; supported are 12 to 18.`)
    : ok('version', `PostgreSQL ${major}.`);
}

/** Whether another finding reports the same problem in more detail. */
function isReportedElsewhere({ code, values }: Problem, role: Facts['role']): boolean {
  const isGrantMissing = role !== null && !role.isMonitor;
  return (
    code === 'POOL.EXCEEDS_CEILING' ||
    (code === 'PROBE.PRIVILEGE' && values.hiddenSessions !== undefined && isGrantMissing)
  );
}

/** The problems of one check of the pool. */
function check({ problems, database, role }: Facts): Finding[] {
  const orphans = database?.orphans ?? [];
  const found = problems
    .filter((problem) => !isReportedElsewhere(problem, role))
    .map(({ code, values }) => failed('check', `${[code, ...pairs(values)].join(' ')}. ${PROBLEMS[code].text}`));
  if (orphans.length > 0) {
    found.push(
      failed(
        'check',
        `Statements of earlier checks are still running on the server (process IDs ${orphans.join(', ')}).`,
      ),
    );
  }
  if (found.length > 0 || problems.length > 0) {
    return found;
  }
  return [
    database ? ok('check', 'A check of the pool found no problem.') : unknown('check', 'The server did not answer.'),
  ];
}

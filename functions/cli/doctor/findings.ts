import { type Finding, failed, ok, setting, unknown } from '../../core/finding.js';
import { pairs } from '../../core/format.js';
import { PROBLEMS, type Problem, type ProblemCode } from '../../core/problems.js';
import { ordinarySlots } from '../../core/sample.js';
import { poolerFindings } from '../../poolers/findings.js';
import { ceilingFindings, configuredMaxOf } from './ceiling.js';
import { countFindings } from './count-findings.js';
import type { AddressFacts, Facts } from './gather.js';
import { roleFindings } from './role-findings.js';
import { settingsFindings } from './settings-findings.js';

/** The oldest PostgreSQL that the check is tested on. */
const MIN_VERSION = 120_000;

/** The finding that reports a problem of the check in more detail. */
const REPORTED_BY: Readonly<Partial<Record<ProblemCode, string>>> = {
  'POOL.EXCEEDS_CEILING': 'ceiling',
  'POOL.ROLE_LIMIT': 'role limit',
  'CONFIG.COUNT_UNKNOWN': 'count',
  'PROBE.PRIVILEGE': 'grant',
};

/** All findings, in the order in which they are printed. Pure; never throws. */
export function findings(facts: Facts): Finding[] {
  const found = [
    ...settingsFindings(facts),
    tls(facts.address),
    ...(facts.database ? [version(facts.database.serverVersion)] : []),
    ...ceilingFindings(facts),
    ...countFindings(facts),
    ...roleFindings(facts),
    ...poolerFindings({
      pooler: facts.pooler,
      configuredMax: configuredMaxOf(facts),
      serverSlots: facts.database && ordinarySlots(facts.database.slots),
    }),
  ];
  return [...found, ...check(facts, found)];
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

/** The problems of one check of the pool. Fine only if the pool is healthy. */
function check({ problems, database, verdict }: Facts, others: readonly Finding[]): Finding[] {
  const orphans = database?.orphans ?? [];
  const found = problems
    .filter((problem) => !isReported(problem, others))
    .map(({ code, values }) => failed('check', `${[code, ...pairs(values)].join(' ')}. ${PROBLEMS[code].text}`));
  if (orphans.length > 0) {
    found.push(
      failed(
        'check',
        `Statements of earlier checks are still running on the server (process IDs ${orphans.join(', ')}).`,
      ),
    );
  }
  if (verdict?.status === 'unhealthy' && ![...others, ...found].some(({ state }) => state === 'failed')) {
    found.push(failed('check', `The pool is unhealthy: ${verdict.words}.`));
  }
  if (found.length > 0 || problems.length > 0) {
    return found;
  }
  if (verdict === null) {
    return [unknown('check', 'Whether the pool is healthy is unknown while the settings are invalid.')];
  }
  return [
    database ? ok('check', 'A check of the pool found no problem.') : unknown('check', 'The server did not answer.'),
  ];
}

/** Whether another finding reports the same problem. */
function isReported({ code, values }: Problem, others: readonly Finding[]): boolean {
  if (code === 'PROBE.PRIVILEGE' && values.hiddenSessions === undefined) {
    return false;
  }
  return others.some(({ about, state }) => about === REPORTED_BY[code] && state !== 'ok');
}

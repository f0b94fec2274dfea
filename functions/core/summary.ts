import { age, dashOr, duration, pairs, percent, timeOfDay } from './format.js';
import { type PoolReport, type PoolSummary, poolReport } from './pool-report.js';
import { POOLERS } from './poolers.js';
import { BORROW_TIMEOUT_TEXT, NOT_PROBED_TEXT, type Problem, type ProblemCode } from './problems.js';
import { type PublicProblem, withValues } from './report-parts.js';
import { CRITICAL_PERCENT, type LimitedBy, WARNING_PERCENT } from './utilization.js';
import type { Assessment } from './verdict.js';

/** How bad a report is, in three steps. Each step has a mark and a word. */
export type Level = 'healthy' | 'warning' | 'unhealthy';

/** Problems that mean a full layer. */
const FULL: readonly ProblemCode[] = [
  'POOL.FULL',
  'POOL.ROLE_LIMIT',
  'DATABASE.FULL',
  'PROBE.SLOTS_EXHAUSTED',
  'MANAGED.FULL',
];

/** The sentence for each percentage and above, in descending order. */
const FULLNESS = [
  [100, 'The pool is full'],
  [CRITICAL_PERCENT, 'The pool is nearly full'],
  [WARNING_PERCENT, 'The pool is filling up'],
] as const;

const LIMITS: Readonly<Record<LimitedBy, string>> = {
  app: "the application's settings",
  managed: 'the pooler',
  database: 'the database',
};

/** The sentence of a problem that decides the verdict. Other problems use the first sentence of their text. */
const SENTENCES: Readonly<Partial<Record<ProblemCode, (report: PoolReport) => string>>> = {
  'CONFIG.MISSING': () => 'No pool is defined, so nothing is monitored',
  'CONFIG.INVALID': () => 'The definition of the pool is invalid, so the pool is not monitored',
  'CONFIG.COUNT_UNKNOWN': () => 'No session matches count, so the sessions of the pool may not be counted',
  'CONFIG.SHARED_USER': () => 'The application uses the login of the check, so its sessions are not counted',
  'POOL.NEAR_LIMIT': nearLimit,
  'POOL.FULL': (report) => joined('The application has all its connections in use', figures(report)),
  'POOL.ROLE_LIMIT': () => 'A role of the application has reached its connection limit',
  'MANAGED.FULL': poolerFull,
  'DATABASE.FULL': databaseFull,
  // By the limit of the server or of the database: the public answer does not say which.
  'PROBE.SLOTS_EXHAUSTED': () => 'The database is full: it refused the check because no connection slot is left',
  'DATABASE.ROLE': () => 'The server is not the primary or standby that is expected',
  'PROBE.OWN_LIMIT': () => 'The check cannot log in: its own role has reached its connection limit',
  'PROBE.TIMEOUT': (report) => joined('The database did not answer in time', waiting(report)),
  'PROBE.UNREACHABLE': () => 'The database cannot be reached: nothing accepts connections at its address',
  'PROBE.DNS': () => 'The database cannot be found: its host name does not resolve',
  'PROBE.AUTH': () => 'The check cannot log in: the database refused the login',
  'PROBE.TLS': () => 'The check cannot connect: the TLS connection failed or could not be verified',
  'PROBE.NOT_ACCEPTING': () =>
    'Logins are refused for now: the server starts, stops or recovers, or an RDS Proxy is busy',
  'PROBE.TERMINATED': () =>
    'The database closed the connection of the check, for example during a restart or a failover',
  'PROBE.PRIVILEGE': () => 'The check may not read other sessions: its role needs pg_monitor',
  'PROBE.DATABASE_MISSING': () => 'The database does not exist on its server',
  'PROBE.QUERY': () => 'The database answered the check with an error',
  'AWS.SSM': () => 'The definitions of the pools cannot be read from SSM',
  'AWS.SECRETS': () => 'The check cannot log in: its password cannot be read from Secrets Manager',
  'AWS.RDS': () => 'The check cannot log in: its login token could not be created',
};

/** Texts of `PROBE.TIMEOUT` of which the sentence of the code is not true. */
const OTHER_TIMEOUTS: readonly string[] = [NOT_PROBED_TEXT, BORROW_TIMEOUT_TEXT];

export function levelOf({ status, utilization, problems }: PoolReport): Level {
  if (status === 'unhealthy') {
    return 'unhealthy';
  }
  return utilization.status === 'normal' && problems.length === 0 ? 'healthy' : 'warning';
}

export function levelOfSummary({ status, percent }: PoolSummary): Level {
  if (status === 'unhealthy') {
    return 'unhealthy';
  }
  return (percent ?? 0) >= WARNING_PERCENT ? 'warning' : 'healthy';
}

/** Counts pools by level, such as `12 pools: 2 unhealthy, 1 warning`. */
export function poolsInWords(pools: readonly PoolSummary[]): string {
  const count = (level: Level) => pools.filter((pool) => levelOfSummary(pool) === level).length;
  const parts = (['unhealthy', 'warning'] as const).flatMap((level) =>
    count(level) ? [`${count(level)} ${level}`] : [],
  );
  return `${pools.length} pools: ${parts.length === 0 ? 'all healthy' : parts.join(', ')}`;
}

/** The verdict as one sentence: the layer in trouble and the figures that show it. */
export function verdictInWords(report: PoolReport): string {
  const leading = leadingProblem(report);
  if (leading) {
    // The report has no values: only the text distinguishes these from a database that did not answer.
    const sentence = OTHER_TIMEOUTS.includes(leading.text) ? undefined : SENTENCES[leading.code];
    return sentence ? sentence(report) : firstSentence(leading.text);
  }
  const { percent } = report.utilization;
  if (percent === null) {
    return 'Pool utilization is unknown';
  }
  if (report.saturatedLayer === 'app') {
    return joined('The application is short of connections', [...waiting(report), open(report)]);
  }
  const fullness = FULLNESS.find(([from]) => percent >= from);
  return fullness ? joined(fullness[1], figures(report)) : figures(report).join(', ');
}

function nearLimit(report: PoolReport): string {
  const isFull = (report.utilization.percent ?? 0) >= 100;
  const sentence = joined(isFull ? 'The pool is full' : 'The pool is nearly full', figures(report));
  const limit = limitInWords(report);
  return limit === null ? sentence : `${sentence}; limited by ${limit}`;
}

/** What sets the size of the pool, such as `the pooler`; null if it is unknown. */
export function limitInWords({ limitedBy }: PoolReport): string | null {
  return limitedBy === null ? null : LIMITS[limitedBy];
}

/** The utilization of a pool of several. A pool that is full may have no percentage. */
export function utilizationInWords({ percent: value, utilization }: PoolSummary): string {
  return value === null && utilization === 'critical' ? 'full' : percent(value);
}

function figures(report: PoolReport): string[] {
  return report.utilization.percent === null ? waiting(report) : [open(report), ...waiting(report)];
}

/** The problem that decides the verdict: the full layer closest to the database, else the first error. */
function leadingProblem({ problems, saturatedLayer }: PoolReport): PublicProblem | undefined {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const full = errors.find(({ code, layer }) => layer === saturatedLayer && FULL.includes(code));
  return full ?? errors[0];
}

function open({ metrics, utilization }: PoolReport): string {
  const { totalConnections, poolSize, activeConnections } = metrics;
  if (utilization.of === 'active') {
    return `${activeConnections} of ${poolSize} connections active, ${totalConnections} open`;
  }
  return `${totalConnections} of ${poolSize} connections open, ${activeConnections} active`;
}

/** Empty where nothing counts waiting requests. */
function waiting({ metrics, managedPool }: PoolReport): string[] {
  const { waitingRequests } = metrics;
  if (waitingRequests === null) {
    return [];
  }
  if (waitingRequests === 0) {
    return ['none waiting'];
  }
  const longest = managedPool?.longestWaitMs ? `, the first for ${duration(managedPool.longestWaitMs)}` : '';
  return [`${waitingRequests} waiting${longest}`];
}

function inUse({ managedPool }: PoolReport): string[] {
  if (!managedPool || managedPool.inUse === null) {
    return [];
  }
  const { inUse: used, size, ageSeconds } = managedPool;
  const of = size === null ? '' : ` of ${size}`;
  // Figures of CloudWatch are minutes old.
  const when = ageSeconds !== null && ageSeconds >= 60 ? ` ${age(ageSeconds)}` : '';
  return [`${used}${of} connections in use${when}`];
}

function poolerFull(report: PoolReport): string {
  const figures = [...inUse(report), ...waiting(report)];
  const name = poolerName(report);
  return figures.length === 0 ? `${name} has no free connection` : joined(`${name} is full`, figures);
}

/** If the server has free slots, the CONNECTION LIMIT of the database is what is reached. */
function databaseFull(report: PoolReport): string {
  const { database } = report;
  if (!database || database.usedSlots === null) {
    return joined('The database is full', waiting(report));
  }
  const { usedSlots, slots } = database;
  return usedSlots >= slots
    ? joined('The server is full', [`${usedSlots} of ${slots} slots in use`, ...waiting(report)])
    : joined('The database has reached its connection limit', [
        open(report),
        `${usedSlots} of ${slots} server slots in use`,
        ...waiting(report),
      ]);
}

function poolerName({ managedPool }: PoolReport): string {
  return POOLERS[managedPool?.kind ?? 'unknown'].subject;
}

function joined(what: string, figures: readonly string[]): string {
  return figures.length === 0 ? what : `${what}: ${figures.join(', ')}`;
}

/** One check on one line, with the statements that earlier checks left on the server. */
export function assessmentLine(assessment: Assessment): string {
  const { sample, verdict } = assessment;
  const orphans = sample.database?.orphans ?? [];
  const left = orphans.length > 0 ? [`statements of earlier checks still running: ${orphans.join(', ')}`] : [];
  return [reportLine(poolReport(assessment, sample.takenAt), verdict.problems.map(withValues)), ...left].join('  ');
}

/** A problem with its values; they are empty if the report came from the API. */
type DescribedProblem = Pick<PublicProblem, 'code' | 'text'> & Pick<Problem, 'values'>;

/**
 * One check on one line, such as `12:00:05  healthy    normal     42.0 % of 10   active 3  idle 1  waiting -`, followed by
 * its problems. The time is local; `-` means unknown.
 */
export function reportLine(
  { status, metrics, utilization, timestamp }: Pick<PoolReport, 'status' | 'metrics' | 'utilization' | 'timestamp'>,
  problems: readonly DescribedProblem[],
): string {
  const { percent } = utilization;
  const used = `${percent === null ? '-' : percent.toFixed(1)} % of ${dashOr(metrics.poolSize)}`;
  const columns = [
    timeOfDay(Date.parse(timestamp)),
    status.padEnd(9),
    utilization.status.padEnd(8),
    used.padStart(14),
    ` active ${dashOr(metrics.activeConnections)}`.padEnd(10),
    `idle ${dashOr(metrics.idleConnections)}`.padEnd(7),
    `waiting ${dashOr(metrics.waitingRequests)}`,
    ...problems.map(describe),
  ];
  return columns.join('  ');
}

function describe({ code, text, values }: DescribedProblem): string {
  return [code, ...pairs(values), `(${firstSentence(text)})`].join(' ');
}

/** The first sentence of a problem's text says what the problem means. What to do follows it. */
function firstSentence(text: string): string {
  return /^.*?(?=[.:] |\.$)/.exec(text)?.[0] ?? text;
}

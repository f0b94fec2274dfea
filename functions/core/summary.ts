import { age, duration } from './format.js';
import type { PoolReport, PoolSummary } from './pool-report.js';
import { POOLERS } from './poolers.js';
import type { ProblemCode, PublicProblem } from './problems.js';
import { WARNING_PERCENT } from './verdict.js';

/** How bad it is, in three steps that a mark and a word stand for. */
export type Level = 'healthy' | 'warning' | 'unhealthy';

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

/** The verdict as one sentence: which side is the matter, and the figures that show it. */
export function verdictInWords(report: PoolReport): string {
  const leading = leadingProblem(report);
  if (leading) {
    const say = SAID[leading.code];
    return say ? say(report) : firstSentence(leading.text);
  }
  const { percent } = report.utilization;
  if (percent === null) {
    return 'How full the pool is, is not known';
  }
  if (report.saturatedLayer === 'app') {
    return joined('The application is short of connections', [...queue(report), open(report)]);
  }
  const figures = [open(report), ...queue(report)];
  const fullness = FULLNESS.find(([from]) => from(percent));
  return fullness ? joined(fullness[1], figures) : figures.join(', ');
}

/** The problem that decides the verdict: the innermost side that is full, else the first error. */
function leadingProblem({ problems, saturatedLayer }: PoolReport): PublicProblem | undefined {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const full = errors.find(({ code, layer }) => layer === saturatedLayer && FULL.includes(code));
  return full ?? errors[0];
}

const FULL: readonly ProblemCode[] = ['DATABASE.FULL', 'PROBE.SLOTS_EXHAUSTED', 'MANAGED.FULL'];

const FULLNESS: readonly (readonly [(percent: number) => boolean, string])[] = [
  [(percent) => percent >= 100, 'The pool is full'],
  [(percent) => percent >= 90, 'The pool is nearly full'],
  [(percent) => percent >= 70, 'The pool is filling up'],
];

const SAID: Readonly<Partial<Record<ProblemCode, (report: PoolReport) => string>>> = {
  'CONFIG.MISSING': () => 'No pool is defined, so nothing is watched',
  'CONFIG.INVALID': () => 'The definition of the pool is not valid, so it is not watched',
  'MANAGED.FULL': (report) => joined(`${managedName(report)} is full`, [...borrowed(report), ...queue(report)]),
  'DATABASE.FULL': databaseFull,
  // By the limit of the server or of the database: which, the public answer does not tell.
  'PROBE.SLOTS_EXHAUSTED': () => 'The database is full: it refused the check, no connection slot is left',
  'PROBE.OWN_LIMIT': () => 'The check cannot log in: its own role has reached its connection limit',
  'PROBE.TIMEOUT': (report) => joined('The database does not answer in time', queue(report)),
  'PROBE.UNREACHABLE': () => 'The database cannot be reached: nothing accepts connections at its address',
  'PROBE.DNS': () => 'The database cannot be found: its host name does not resolve',
  'PROBE.AUTH': () => 'The check cannot log in: the database refused it',
  'PROBE.TLS': () => 'The check cannot connect: no TLS connection could be made and verified',
  'PROBE.NOT_ACCEPTING': () => 'The database accepts no connections: it is starting, stopping or recovering',
  'PROBE.TERMINATED': () => 'The database cut the connection of the check: a restart, a failover or an administrator',
  'PROBE.PRIVILEGE': () => 'What sessions do is hidden from the check: its role needs pg_monitor',
  'PROBE.DATABASE_MISSING': () => 'The database does not exist on its server',
  'PROBE.QUERY': () => 'The database answered the check with an error',
  'AWS.SSM': () => 'The definitions of the pools cannot be read from SSM',
  'AWS.SECRETS': () => 'The check cannot log in: its password cannot be read from Secrets Manager',
  'AWS.RDS': () => 'The check cannot log in: its token cannot be made',
};

function open({ metrics }: PoolReport): string {
  const { totalConnections, poolSize, activeConnections } = metrics;
  return `${totalConnections} of ${poolSize} connections open, ${activeConnections} active`;
}

/** Who waits, where anybody counts that. */
function queue({ metrics, managedPool }: PoolReport): string[] {
  const { waitingRequests } = metrics;
  if (waitingRequests === null) {
    return [];
  }
  if (waitingRequests === 0) {
    return ['nothing waits'];
  }
  const since = managedPool?.longestWaitMs ? ` for ${duration(managedPool.longestWaitMs)}` : '';
  return [`${waitingRequests} waiting${since}`];
}

function borrowed({ managedPool }: PoolReport): string[] {
  if (!managedPool || managedPool.inUse === null) {
    return [];
  }
  const { inUse, size, ageSeconds } = managedPool;
  const of = size === null ? '' : ` of ${size}`;
  // Figures of CloudWatch are minutes old.
  const when = ageSeconds !== null && ageSeconds >= 60 ? ` ${age(ageSeconds)}` : '';
  return [`${inUse}${of} borrowed${when}`];
}

/** A server with free slots is not full: what is reached then is the CONNECTION LIMIT of the database. */
function databaseFull(report: PoolReport): string {
  const { database } = report;
  if (!database || database.usedSlots === null) {
    return joined('The database is full', queue(report));
  }
  const used = `${database.usedSlots} of ${database.slots} slots`;
  return database.usedSlots >= database.slots
    ? joined('The server is full', [`${used} in use`, ...queue(report)])
    : joined('The database is full, by its own limit', [
        open(report),
        `${used} of the server in use`,
        ...queue(report),
      ]);
}

export function managedName({ managedPool }: Pick<PoolReport, 'managedPool'>): string {
  return POOLERS[managedPool?.kind ?? 'unknown'].subject;
}

function joined(what: string, figures: readonly string[]): string {
  return figures.length === 0 ? what : `${what}: ${figures.join(', ')}`;
}

function firstSentence(text: string): string {
  return /^.*?(?=[.](?: |$))/.exec(text)?.[0] ?? text;
}

import { expect, it } from 'vitest';
import {
  isBorrowTimeout,
  PROBLEMS,
  type ProblemCode,
  ProblemError,
  problem,
  saturatedBy,
} from '../../functions/core/problems.js';
import { toPublic } from '../../functions/core/report-parts.js';

/** The contract's table: code, severity, layer, the layer it fills. */
const CONTRACT: readonly (readonly [ProblemCode, string, string, string | null])[] = [
  ['CONFIG.MISSING', 'error', 'config', null],
  ['CONFIG.INVALID', 'error', 'config', null],
  ['CONFIG.COUNT_UNKNOWN', 'error', 'config', null],
  ['CONFIG.SHARED_USER', 'error', 'config', null],
  ['POOL.NEAR_LIMIT', 'error', 'app', null],
  ['POOL.FULL', 'error', 'app', null],
  ['POOL.ABOVE_MAX', 'warning', 'config', null],
  ['POOL.LEAK_SUSPECTED', 'warning', 'app', null],
  ['POOL.ROLE_LIMIT', 'error', 'database', 'database'],
  ['POOL.EXCEEDS_CEILING', 'warning', 'config', null],
  ['POOL.IDLE_IN_TRANSACTION', 'warning', 'app', null],
  ['APP.WAITING', 'warning', 'app', null],
  ['MANAGED.FULL', 'error', 'managed', 'managed'],
  ['MANAGED.PINNED', 'warning', 'managed', null],
  ['MANAGED.BORROW_WAIT', 'warning', 'managed', null],
  ['MANAGED.UNAVAILABLE', 'warning', 'managed', null],
  ['DATABASE.FULL', 'error', 'database', 'database'],
  ['DATABASE.NEAR_LIMIT', 'warning', 'database', null],
  ['DATABASE.ROLE', 'error', 'database', null],
  ['PROBE.SLOTS_EXHAUSTED', 'error', 'database', 'database'],
  ['PROBE.OWN_LIMIT', 'error', 'config', null],
  ['PROBE.TIMEOUT', 'error', 'database', null],
  ['PROBE.UNREACHABLE', 'error', 'database', null],
  ['PROBE.DNS', 'error', 'database', null],
  ['PROBE.AUTH', 'error', 'database', null],
  ['PROBE.TLS', 'error', 'database', null],
  ['PROBE.NOT_ACCEPTING', 'error', 'database', null],
  ['PROBE.TERMINATED', 'error', 'database', null],
  ['PROBE.PRIVILEGE', 'error', 'database', null],
  ['PROBE.DATABASE_MISSING', 'error', 'database', null],
  ['PROBE.QUERY', 'error', 'database', null],
  ['AWS.SSM', 'warning', 'aws', null],
  ['AWS.CLOUDWATCH', 'warning', 'aws', null],
  ['AWS.SECRETS', 'warning', 'aws', null],
  ['AWS.RDS', 'warning', 'aws', null],
];

it('the codes are those of the contract, no more and no fewer', () => {
  expect(Object.keys(PROBLEMS).sort()).toEqual(CONTRACT.map(([code]) => code).sort());
});

it.each(CONTRACT)('%s: severity %s, layer %s, fills %s', (code, severity, layer, full) => {
  expect(toPublic(problem(code))).toMatchObject({ code, severity, layer });
  expect(saturatedBy(problem(code))).toBe(full);
});

it('every code has its own text: a sentence of what it means and another of what to do', () => {
  const texts = CONTRACT.map(([code]) => PROBLEMS[code].text);
  expect(new Set(texts).size).toBe(CONTRACT.length);
  expect(texts.filter((text) => !/^[A-Z].{15,}[.;] .{15,}\.$/.test(text))).toEqual([]);
});

it('a problem that is only a warning fills no layer', () => {
  expect(saturatedBy(problem('POOL.ROLE_LIMIT', {}, 'warning'))).toBeNull();
});

it('the layer of POOL.NEAR_LIMIT is that of the limit', () => {
  const layerBy = (limitedBy: string) => toPublic(problem('POOL.NEAR_LIMIT', { limitedBy })).layer;
  expect(['app', 'managed', 'database'].map(layerBy)).toEqual(['app', 'managed', 'database']);
});

it('a severity that was given replaces that of the table', () => {
  expect(toPublic(problem('CONFIG.INVALID', {}, 'warning')).severity).toBe('warning');
  expect(toPublic(problem('AWS.SSM', {}, 'error')).severity).toBe('error');
});

it('values stay in details and log: the public answer has code, severity, layer and text only', () => {
  const seen = problem('PROBE.QUERY', { sqlstate: '42501', role: 'app_owner' });
  expect(seen.values).toEqual({ sqlstate: '42501', role: 'app_owner' });
  expect(Object.keys(toPublic(seen)).sort()).toEqual(['code', 'layer', 'severity', 'text']);
  expect(JSON.stringify(toPublic(seen))).not.toMatch(/42501|app_owner/);
  expect(toPublic(seen).text).toBe(toPublic(problem('PROBE.QUERY')).text);
});

it('PROBE.TIMEOUT has a text of its own for an RDS Proxy without a free connection, and no value in it', () => {
  const borrowed = problem('PROBE.TIMEOUT', { sqlstate: '08000', reason: 'borrow timeout' });
  expect(toPublic(borrowed).text).toBe(
    'RDS Proxy had no free connection in time. Check its borrowed connections and its availability.',
  );
  for (const other of [
    problem('PROBE.TIMEOUT', { sqlstate: '08P01', reason: 'query_timeout' }),
    problem('PROBE.TIMEOUT', { phase: 'query', waitedMs: 3_000 }),
    problem('PROBE.QUERY', { reason: 'borrow timeout' }),
  ]) {
    expect([toPublic(other).text, isBorrowTimeout(other)]).toEqual([PROBLEMS[other.code].text, false]);
  }
});

it('a problem without values has none, rather than something of another', () => {
  expect(problem('PROBE.DNS').values).toEqual({});
});

it('an error that knows its problem says the code and the values, hides the words of its cause and keeps it', () => {
  const cause = new Error('getaddrinfo ENOTFOUND db.example.com');
  const error = new ProblemError(problem('PROBE.DNS', { syscall: 'getaddrinfo' }), { cause });
  expect(error).toBeInstanceOf(Error);
  expect(error.name).toBe('ProblemError');
  expect(error.message).toMatch(/^PROBE\.DNS {"syscall":"getaddrinfo"}: The host name does not resolve/);
  expect(error.message).not.toMatch(/ENOTFOUND|example/);
  expect(error.problem).toEqual({ code: 'PROBE.DNS', severity: 'error', values: { syscall: 'getaddrinfo' } });
  expect(error.cause).toBe(cause);
});

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { cloudWatchClient } from '../../../functions/aws/clients/cloudwatch.js';
import { CloudWatchPublisher } from '../../../functions/aws/cloudwatch-publisher.js';
import { awsMonitor } from '../../../functions/compose/aws-monitor.js';
import { ROUTES } from '../../../functions/core/routes.js';
import { checkHandler } from '../../../functions/handlers/check.js';
import { poolHandler } from '../../../functions/handlers/pool.js';
import type { Monitor } from '../../../functions/monitor/monitor.js';
import { AwsEndpoint, lambdaEnvironment } from '../../support/aws-endpoint.js';
import { answerForPools, callsOf, secretDefinition } from '../../support/aws-of-many-pools.js';
import { onTurns, skip } from '../../support/clock.js';
import { getEvent } from '../../support/events.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';

onTurns();

/** What a check costs, as far as it can be counted: a guard that no slow machine fails (`npm run bench` has the times). */

const ROLE = 'counted_check';
const MINUTE_MS = 60_000;
/** The check after these minutes logs in again. */
const MINUTES_TO_LOGIN = 5;
let server: TestServer;
/** One for all tests: clients are made once in a process. */
let aws: AwsEndpoint;

beforeAll(async () => {
  aws = await AwsEndpoint.start();
  lambdaEnvironment(aws.url);
  server = await startTestServer({ shared_preload_libraries: 'pg_stat_statements', max_connections: '200' });
  await server.sql('CREATE EXTENSION pg_stat_statements');
  await server.createDatabase('shop');
  await server.createRole('app');
  await server.createRole(ROLE, 'IN ROLE pg_monitor');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await Promise.all([aws.close(), server?.close()]);
});

/** Statements of the check that the server has run. */
async function statements(): Promise<number> {
  const [row] = await server.sql(
    'SELECT coalesce(sum(calls), 0)::int AS calls FROM pg_stat_statements WHERE userid = to_regrole($1)',
    [ROLE],
  );
  return Number(row?.calls);
}

async function sessions(): Promise<readonly unknown[]> {
  const rows = await server.sql('SELECT pid FROM pg_stat_activity WHERE usename = $1 ORDER BY pid', [ROLE]);
  return rows.map(({ pid }) => pid);
}

/** Runs work in a deployment of so many pools that has just started. */
async function deployed(count: number, work: (monitor: Monitor) => Promise<void>): Promise<void> {
  const definition = secretDefinition(server.postgres.port, 'shop', ROLE, { count: { users: ['app'] } });
  answerForPools(aws, count, definition, server.postgres.password);
  aws.calls.length = 0;
  // The log of the functions.
  const log = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const { monitor } = awsMonitor({});
  try {
    await work(monitor);
  } finally {
    await monitor.close();
    log.mockRestore();
    await server.gone('sessions of the check', 'usename = $1', [ROLE]);
  }
}

describe('what a check costs', () => {
  test.each([1, 25, 120])(
    '%i pools need one connection each, a statement a check and one more for the facts, and AWS is queried for all together',
    (count) =>
      deployed(count, async (monitor) => {
        const sink = new CloudWatchPublisher({ client: cloudWatchClient(), namespace: 'PoolHealth' });
        const check = checkHandler({ monitor, publish: (metrics) => sink.publish(metrics), log: () => undefined });
        const before = await statements();
        await check();
        const first = await sessions();
        expect(first).toHaveLength(count);
        const pages = Math.ceil(count / 10);
        // Eight metrics of each are known, and a call takes a thousand.
        const everyMinute = { GetParametersByPath: pages, PutMetricData: Math.ceil((count * 8) / 1_000) };
        const { GetMetricData = 0, GetSecretValue = 0, ...calls } = callsOf(aws);
        expect(calls).toEqual(everyMinute);
        expect(aws.calls.flatMap(({ input }) => input.MetricDataQueries ?? [])).toHaveLength(count);
        expect(Math.max(GetMetricData, GetSecretValue)).toBeLessThanOrEqual(count);
        aws.calls.length = 0;
        await check();
        expect(callsOf(aws)).toEqual(everyMinute);
        const [checks, facts] = [2, 1];
        expect(await statements()).toBe(before + (checks + facts) * count);
        expect(await sessions()).toEqual(first);
      }),
  );

  test('after five minutes each of 25 pools has logged in once more, and has one connection again', () =>
    deployed(25, async (monitor) => {
      const check = checkHandler({ monitor, publish: async () => [], log: () => undefined });
      await check();
      const first = await sessions();
      const before = await statements();
      for (let minute = 1; minute < MINUTES_TO_LOGIN; minute += 1) {
        skip(MINUTE_MS);
        await check();
        expect(await sessions()).toEqual(first);
      }
      skip(MINUTE_MS);
      await check();
      const second = await sessions();
      expect(second).toHaveLength(first.length);
      expect(second.filter((pid) => first.includes(pid))).toEqual([]);
      // The counts and the facts of each minute: the login costs no statement.
      expect(await statements()).toBe(before + 2 * MINUTES_TO_LOGIN * 25);
    }));
});

describe('what GETs cost', () => {
  test('1,000 at once and 1,000 after them need one statement of each kind, one connection, and one query to each service', () =>
    deployed(1, async (monitor) => {
      const get = poolHandler({ monitor });
      const before = await statements();
      const load = () => Promise.all(Array.from({ length: 1_000 }, () => get(getEvent(ROUTES.worstPool))));
      const answers = [...(await load()), ...(await load())];
      expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
      expect(await statements()).toBe(before + 2);
      expect(await sessions()).toHaveLength(1);
      expect(callsOf(aws)).toEqual({ GetParametersByPath: 1, GetSecretValue: 1, GetMetricData: 1 });
    }));
});

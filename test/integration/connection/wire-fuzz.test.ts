import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixedPassword } from '../../../functions/connection/credentials.js';
import { SharedConnection } from '../../../functions/connection/shared-connection.js';
import type { Datapoints } from '../../../functions/core/metrics.js';
import { ROUTES } from '../../../functions/core/routes.js';
import { checkHandler } from '../../../functions/handlers/check.js';
import { poolHandler } from '../../../functions/handlers/pool.js';
import { Monitor } from '../../../functions/monitor/monitor.js';
import { PgbouncerReader } from '../../../functions/poolers/pgbouncer/reader.js';
import { PoolerProbe } from '../../../functions/poolers/probe.js';
import { PostgresProbe } from '../../../functions/postgres/probe.js';
import { readAnswer } from '../../suites/faults/shape.js';
import { getEvent } from '../../support/events.js';
import { type Column, FakeServer, message, rows } from '../../support/fake-server.js';
import type { TestServer } from '../../support/postgres.js';
import { configFor } from '../../support/probe.js';

const TIMEOUTS = { totalMs: 400, connectMs: 300, queryMs: 200, reusedQueryMs: 100 };

let server: FakeServer;
beforeAll(async () => {
  server = await FakeServer.start();
});
afterAll(() => server?.close());

/** Check and GET of a pool whose server answers like this; each says what the contract says, whatever it is. */
async function expectAnswers(answer: Buffer): Promise<void> {
  server.answer = answer;
  const at = { postgres: { port: server.port } } as TestServer;
  const config = configFor(at, { sharedUser: true });
  const credentials = fixedPassword('MARKED');
  const monitor = new Monitor({ pools: async () => [{ pool: 'orders', config, problems: [] }] }, () => {
    const session = new SharedConnection({
      target: config,
      caFile: null,
      credentials,
      isPooled: false,
      timeouts: TIMEOUTS,
    });
    const pgbouncer = new PgbouncerReader(config, { user: config.user, credentials, caFile: null });
    return { database: new PostgresProbe(config, session), pooler: new PoolerProbe(config, { pgbouncer }) };
  });
  const published: Datapoints[] = [];
  const logged: string[] = [];
  const check = checkHandler({
    monitor,
    publish: async (metrics) => {
      published.push(...metrics);
      return [];
    },
    log: (...entry) => logged.push(JSON.stringify(entry)),
  });
  await check();
  const { report } = readAnswer(await poolHandler({ monitor })(getEvent(ROUTES.worstPool)));
  await monitor.close();
  expect(published.map(({ values }) => values.Healthy)).toEqual([report?.status === 'healthy' ? 1 : 0]);
  expect(logged.join()).not.toContain('MARKED');
}

/** Names that the check looks for, and others. */
const NAMES = [
  'pid',
  'server_version',
  'max_connections',
  'superuser_reserved',
  'reserved',
  'rds_reserved',
  'database_limit',
  'hidden',
  'server',
  'database',
  'total',
  'active',
  'idle_in_transaction',
  'stateless',
  'named',
  'longest_transaction_ms',
  'orphans',
  '__proto__',
  'constructor',
];
/** int4, int8, float8, text, bool, json, jsonb, timestamptz, an array of names, and one that nobody knows. */
const TYPES = [23, 20, 701, 25, 16, 114, 3802, 1184, 1003, 4_294_967_295];
const value = fc.option(
  fc.oneof(
    fc.integer().map(String),
    fc.double().map(String),
    fc.constantFrom('NaN', 'Infinity', '-1', '9007199254740993', '1e400', '', 'MARKED', '{', '{}', '[]', 't', '{"a":'),
    fc.string(),
  ),
);

describe('check and GET keep the contract, whatever a server responds', () => {
  test('the right columns with any values', async () => {
    const likely = fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 0, max: 50 }).map(String) }, value);
    const row = fc.array(likely, { minLength: NAMES.length, maxLength: NAMES.length });
    const types = fc.oneof({ weight: 5, arbitrary: fc.constant(23) }, fc.constantFrom(...TYPES));
    const columns = fc.tuple(...NAMES.map((name) => types.map((type): Column => ({ name, type }))));
    await fc.assert(
      fc.asyncProperty(columns, fc.array(row, { maxLength: 2 }), (of, values) => expectAnswers(rows(of, values))),
      { numRuns: 300 },
    );
  });

  test('any columns with any values', async () => {
    const column = fc.record({
      name: fc.oneof(fc.constantFrom(...NAMES), fc.string()),
      type: fc.constantFrom(...TYPES),
    });
    const table = fc.tuple(
      fc.array(column, { maxLength: 20 }),
      fc.array(fc.array(value, { maxLength: 20 }), { maxLength: 3 }),
    );
    await fc.assert(
      fc.asyncProperty(table, ([columns, values]) => expectAnswers(rows(columns, values))),
      { numRuns: 200 },
    );
  });

  test('messages of any type with any bytes in them', async () => {
    const letter = fc.constantFrom(...'RSKZTDCENAIG123nstdHW?'.split(''));
    const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
    const any = fc.array(fc.tuple(letter, bytes), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(any, (messages) =>
        expectAnswers(Buffer.concat(messages.map(([type, body]) => message(type, body)))),
      ),
      { numRuns: 30 },
    );
  });

  test('any bytes at all', async () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 }).map((array) => Buffer.from(array));
    await fc.assert(fc.asyncProperty(bytes, expectAnswers), { numRuns: 15 });
  });
});

describe('the response keeps the contract, whatever the event is', () => {
  const monitor = new Monitor({ pools: async () => [] }, () => {
    throw new Error('nothing is to be probed');
  });
  const handler = poolHandler({ monitor });

  test('anything', async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything(), async (event) => {
        readAnswer(await handler(event as APIGatewayProxyEventV2));
      }),
      { numRuns: 1_000 },
    );
  });

  test('an event of which any part is anything', async () => {
    const part = fc.constantFrom('routeKey', 'requestContext', 'pathParameters', 'queryStringParameters', 'version');
    const event = fc.tuple(fc.dictionary(part, fc.anything()), fc.anything()).map(([parts, pool]) => ({
      ...getEvent(ROUTES.onePool),
      pathParameters: { pool },
      ...parts,
    }));
    await fc.assert(
      fc.asyncProperty(event, async (from) => {
        readAnswer(await handler(from as unknown as APIGatewayProxyEventV2));
      }),
      { numRuns: 1_000 },
    );
  });
});

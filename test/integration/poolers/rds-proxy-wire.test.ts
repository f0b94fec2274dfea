import { Socket } from 'node:net';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fixedPassword } from '../../../functions/connection/credentials.js';
import { SharedConnection } from '../../../functions/connection/shared-connection.js';
import { CHECK_DEADLINE_MS } from '../../../functions/core/check-role.js';
import type { PoolConfig } from '../../../functions/core/pool-config.js';
import type { DatabaseProbeResult } from '../../../functions/core/ports.js';
import { problem } from '../../../functions/core/problems.js';
import { evaluate } from '../../../functions/core/verdict.js';
import { proxyStats } from '../../../functions/poolers/rds-proxy/stats.js';
import { PostgresProbe } from '../../../functions/postgres/probe.js';
import { onTurns, pass, stopTime } from '../../support/clock.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { CHECK_ROLE, configFor } from '../../support/probe.js';
import { ProxyWire, type Sent } from '../../support/proxy-wire.js';
import { NOON, seen } from '../../support/samples.js';
import { until } from '../../support/until.js';

onTurns();

let server: TestServer;
let proxy: ProxyWire;
beforeAll(async () => {
  server = await startTestServer();
  await server.createCheckRole(CHECK_ROLE);
});
beforeEach(async () => {
  proxy = await ProxyWire.start(server.postgres.port);
});
afterEach(() => proxy.close());
afterAll(() => server?.close());

interface Outcome {
  readonly codes: readonly string[];
  /** Whether there were counts at every look. */
  readonly isSeen: boolean;
  /** What the proxy has against it. */
  readonly faults: readonly string[];
}

function probe(changes: Partial<PoolConfig> = {}): PostgresProbe {
  const config = configFor(server, { port: proxy.port, managed: { kind: 'rds-proxy', name: 'orders' }, ...changes });
  const credentials = fixedPassword(server.postgres.password);
  return new PostgresProbe(config, new SharedConnection({ target: config, caFile: null, credentials, isPooled: true }));
}

/** The check, some looks long, through an RDS Proxy. What it sends is changed on its way as the variant says. */
async function checked(variant: (message: Sent) => Buffer, changes: Partial<PoolConfig> = {}): Promise<Outcome> {
  proxy.tamper = variant;
  const watching = probe(changes);
  const codes = new Set<string>();
  let isSeen = true;
  for (let look = 0; look < LOOKS; look += 1) {
    const { database, problems, isDirect } = await watching.probe();
    isSeen &&= database?.connections != null && isDirect === false;
    for (const { code, values } of problems) {
      codes.add(`${code} ${values.sqlstate}`);
    }
  }
  await watching.close();
  return { codes: [...codes], isSeen, faults: [...new Set(proxy.faults)] };
}

const LOOKS = 50;
const PASSED: Outcome = { codes: [], isSeen: true, faults: [] };

const asItIs = ({ bytes }: Sent) => bytes;

/** The same with one more parameter in the startup packet, as pg sends it when it is told to. */
const withParameter = (name: string, value: string) => (message: Sent) => {
  if (message.type !== '') {
    return message.bytes;
  }
  const more = Buffer.from(`${name}\0${value}\0\0`);
  const longer = Buffer.concat([message.bytes.subarray(0, -1), more]);
  longer.writeInt32BE(longer.length, 0);
  return longer;
};

/** The same with something before every statement. */
const withStatement = (text: string) => (message: Sent) => {
  if (message.type !== 'Q') {
    return message.bytes;
  }
  const longer = Buffer.concat([message.bytes.subarray(0, 5), Buffer.from(`${text}; `), message.bytes.subarray(5)]);
  longer.writeInt32BE(longer.length - 1, 1);
  return longer;
};

describe('the check through an RDS Proxy', () => {
  test('passes: it sends nothing that is refused, and nothing that pins', async () => {
    expect(await checked(asItIs)).toEqual(PASSED);
    const facts = 1;
    expect(proxy.statements).toBe(LOOKS + facts);
  });

  test('passes with the longest definition too', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `${index}'"\\`.padEnd(63, '\\'));
    const count = { users: [...names, CHECK_ROLE], applications: names };
    expect(await checked(asItIs, { count, sharedUser: true })).toEqual(PASSED);
  });

  test('passes when details ask who holds the connections', async () => {
    const watching = probe();
    const { problems } = await watching.sessionGroups();
    await watching.close();
    expect([problems, proxy.faults, proxy.statements]).toEqual([[], [], 1]);
  });

  test.each<[string, (message: Sent) => Buffer, string]>([
    ['a time-out in the startup packet', withParameter('statement_timeout', '3000'), 'statement_timeout'],
    ['a lock time-out in the startup packet', withParameter('lock_timeout', '3000'), 'lock_timeout'],
    ['options in the startup packet', withParameter('options', '-c geqo=off'), 'options'],
  ])('with %s it is refused', async (_, variant, fault) => {
    expect(await checked(variant)).toEqual({ codes: ['PROBE.QUERY 0A000'], isSeen: false, faults: [fault] });
  });

  test.each([
    ['SET statement_timeout = 3000', 'SET'],
    ["SELECT set_config('statement_timeout', '3000', false)", 'set_config'],
    ['DISCARD PLANS', 'DISCARD'],
  ])('with %s it is pinned', async (text, fault) => {
    expect((await checked(withStatement(text))).faults).toEqual([fault]);
  });
});

/** The stats of a proxy that has lent all its connections, as CloudWatch has them a minute later. */
const AT_LIMIT = proxyStats(
  {
    takenAt: NOON,
    allowed: 20,
    open: 20,
    borrowed: 20,
    pinned: 0,
    clients: 60,
    borrowWaitMs: 900,
    availabilityPercent: 100,
  },
  100,
  null,
);

/** The verdict on a probe of the pool behind that proxy. */
function verdictOn({ database, problems }: DatabaseProbeResult) {
  const config = configFor(server, { port: proxy.port, managed: { kind: 'rds-proxy', name: 'orders' } });
  const pooler = { kind: 'rds-proxy', source: 'definition', stats: AT_LIMIT } as const;
  const {
    status,
    saturatedLayer,
    utilization,
    problems: found,
  } = evaluate(config, {
    ...seen({ managed: pooler, problems }),
    database,
  });
  return { status, saturatedLayer, utilization: utilization.status, codes: found.map(({ code }) => code).sort() };
}

const FULL = {
  status: 'unhealthy',
  saturatedLayer: 'managed',
  utilization: 'critical',
  codes: ['MANAGED.BORROW_WAIT', 'MANAGED.FULL', 'PROBE.TIMEOUT'],
};
/** Five seconds, within which a check gives up. */
const DEADLINE_MS = CHECK_DEADLINE_MS;

describe('the check of a full RDS Proxy', () => {
  // The time between checks passes at once.
  beforeEach(() => stopTime());

  const check = async (watching: PostgresProbe, waitsMs: number) => {
    const before = proxy.borrowTimeouts + proxy.waiting;
    const probing = watching.probe();
    await until('the statement waits', () => proxy.borrowTimeouts + proxy.waiting > before || proxy.waiting > 0);
    await pass(waitsMs);
    return await probing;
  };

  test.each([
    [1, '08000'],
    [1, '08P01'],
    [1, 'XX000'],
    [1, '57014'],
    [1, null],
    [5, '08000'],
    [30, '08000'],
    [120, '08000'],
  ])(
    'with a borrow timeout of %i s, sent as %s, is told that it is full, in each of three minutes, and then served',
    async (seconds, sqlstate) => {
      const watching = probe();
      expect((await watching.probe()).problems).toEqual([]);
      proxy.full = { borrowTimeoutMs: seconds * 1_000, sqlstate };
      const waitsMs = Math.min(seconds * 1_000, DEADLINE_MS);
      for (let minute = 0; minute < 3; minute += 1) {
        expect(verdictOn(await check(watching, waitsMs)), `minute ${minute}`).toEqual(FULL);
        await pass(60_000 - waitsMs);
      }
      // One statement at a time waited, on the connection that was open before.
      expect([proxy.mostWaiting, proxy.logins]).toEqual([1, 1]);
      proxy.full = null;
      await pass(seconds * 1_000);
      await until('nothing waits any more', () => proxy.waiting === 0);
      const { problems, database } = await watching.probe();
      expect([problems, database?.connections === null]).toEqual([[], false]);
      await watching.close();
    },
  );

  test('is told so too by a proxy that ends its connection, and then logs in again', async () => {
    const watching = probe();
    proxy.full = { borrowTimeoutMs: 1_000, sqlstate: '08000', isFatal: true };
    for (let minute = 0; minute < 3; minute += 1) {
      expect(verdictOn(await check(watching, 1_000)), `minute ${minute}`).toEqual(FULL);
      await pass(59_000);
    }
    proxy.full = null;
    expect((await watching.probe()).problems).toEqual([]);
    expect(proxy.mostWaiting).toBe(1);
    await watching.close();
  });

  test('logs in again at once when a pooler ends its connection with another time-out, as PgBouncer does', async () => {
    const watching = probe();
    expect((await watching.probe()).problems).toEqual([]);
    proxy.full = { borrowTimeoutMs: 1_000, sqlstate: '08P01', text: 'query_timeout', isFatal: true };
    const probing = watching.probe();
    await until('the statement waits', () => proxy.waiting > 0);
    proxy.full = null;
    await pass(1_000);
    expect([(await probing).problems, proxy.logins]).toEqual([[], 2]);
    await watching.close();
  });

  test('without stats of a proxy at its limit, a borrow timeout is a probe that is not served, and no more', async () => {
    const watching = probe();
    proxy.full = { borrowTimeoutMs: 1_000, sqlstate: '08000' };
    const { problems } = await check(watching, 1_000);
    expect(problems).toEqual([problem('PROBE.TIMEOUT', { sqlstate: '08000', reason: 'borrow timeout' })]);
    expect(evaluate(configFor(server), seen({ problems })).saturatedLayer).toBeNull();
    await watching.close();
  });
});

describe('the imitated proxy', () => {
  const client = async (more: pg.ClientConfig = {}) => {
    const { host, user, password, database } = server.postgres.connection();
    const made = new pg.Client({ host, user, password, database, port: proxy.port, ...more });
    made.on('error', () => undefined);
    await made.connect();
    return made;
  };

  test.each([
    ['the option statement_timeout', { statement_timeout: 1_000 }],
    ['the option lock_timeout', { lock_timeout: 1_000 }],
    ['the option idle_in_transaction_session_timeout', { idle_in_transaction_session_timeout: 1_000 }],
    ['command-line options', { options: '-c statement_timeout=1000' }],
  ])('refuses %s in its own words', async (what, more) => {
    await expect(client(more)).rejects.toMatchObject({
      code: '0A000',
      message: `Feature not supported: RDS Proxy currently doesn’t support ${what}.`,
    });
  });

  test('ends a CancelRequest without a word, and says so', async () => {
    const request = Buffer.from('0000001004d2162e0000000100000002', 'hex');
    const answer = await new Promise<number>((resolve) => {
      const socket = new Socket().connect(proxy.port, '127.0.0.1');
      let received = 0;
      socket.on('data', (chunk) => {
        received += chunk.length;
      });
      socket.on('close', () => resolve(received));
      socket.end(request);
    });
    expect([answer, proxy.faults]).toEqual([0, ['CancelRequest']]);
  });

  test.each([
    ['set  work_mem = 64', 'SET'],
    ['SELECT 1; RESET ALL', 'RESET'],
    ["/* first */ SELECT set_config ('work_mem', '64', true)", 'set_config'],
    ['PREPARE one AS SELECT 1', 'PREPARE'],
    ['DEALLOCATE ALL', 'DEALLOCATE'],
    ['DISCARD ALL', 'DISCARD'],
    ['LISTEN news', 'LISTEN'],
    ['BEGIN; DECLARE some CURSOR FOR SELECT 1; COMMIT', 'DECLARE'],
    ['CREATE TEMP TABLE some (id int)', 'a temporary object'],
    ['CREATE OR REPLACE TEMPORARY VIEW other AS SELECT 1', 'a temporary object'],
    ['SELECT 1 AS id INTO TEMP TABLE third', 'a temporary object'],
    ['CREATE TEMPORARY SEQUENCE numbers', 'a temporary object'],
    ["SELECT nextval('numbers')", 'nextval or setval'],
    ["SELECT setval('numbers', 1)", 'nextval or setval'],
    ['SELECT pg_advisory_lock(1)', 'a session advisory lock'],
    ['SELECT pg_try_advisory_lock_shared(1)', 'a session advisory lock'],
    [`SELECT '${'x'.repeat(16 * 1024)}'`, 'more than 16 KB'],
  ])('says what pins: %.50s', async (text, fault) => {
    const asking = await client();
    await asking.query(text).catch(() => undefined);
    await asking.end();
    expect(proxy.faults).toEqual([fault]);
  });

  test('says that a named statement pins', async () => {
    const asking = await client();
    await asking.query({ name: 'one', text: 'SELECT 1' });
    await asking.end();
    expect(proxy.faults).toEqual(['a named statement']);
  });

  test('has nothing against what does not pin', async () => {
    const asking = await client({ application_name: 'web', client_encoding: 'UTF8' });
    await asking.query('SELECT $1::int', [1]);
    await asking.query(`SELECT 'SET x; LISTEN', "set_config(" FROM (SELECT 1 AS "set_config(") AS t -- ; SET y = 1`);
    await asking.query('BEGIN; SELECT pg_advisory_xact_lock(1); SELECT $$ ; RESET ALL $$ AS reset; COMMIT');
    await asking.query('CREATE TABLE template (id int); UPDATE template SET id = 1; DROP TABLE template');
    await asking.end();
    expect(proxy.faults).toEqual([]);
  });
});

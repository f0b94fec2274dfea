import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Credentials, fixedPassword } from '../../../functions/connection/credentials.js';
import type { ConnectionTimeouts, SharedConnection } from '../../../functions/connection/shared-connection.js';
import { ProblemError, problem } from '../../../functions/core/problems.js';
import { onTurns, useRealTime } from '../../support/clock.js';
import { startTestServer } from '../../support/postgres.js';
import { type Message, NOTHING, Relay } from '../../support/relay.js';
import { until } from '../../support/until.js';
import { FIRST_STATEMENTS, ROLE, SHORT, Wire } from '../../support/wire.js';

onTurns();

let wire: Wire;
beforeAll(async () => {
  wire = await Wire.start();
});
afterEach(() => wire.renew());
afterAll(() => wire?.close());

const STATEMENT = 'SELECT pg_backend_pid() AS pid';
const noAnswer = ({ isAfterQuery, bytes }: Message) => (isAfterQuery ? NOTHING : bytes);

/** Gives these passwords, each until the server refuses it; the last one stays. */
class Passwords implements Credentials {
  given = 0;
  refusals = 0;
  readonly #left: string[];

  constructor(...passwords: string[]) {
    this.#left = passwords;
  }

  async password(): Promise<string | undefined> {
    this.given += 1;
    return this.#left[0];
  }

  refused(): boolean {
    this.refusals += 1;
    return this.#left.length > 1 && this.#left.shift() !== undefined;
  }
}

describe('credentials', () => {
  test('a refused password is fetched again once, and the same check uses the new one', async () => {
    const credentials = new Passwords('MARKED-old', wire.server.postgres.password);
    const watching = wire.probe({ credentials });
    expect(await wire.codes(watching)).toEqual([]);
    expect(await wire.codes(watching)).toEqual([]);
    expect([credentials.given, credentials.refusals]).toEqual([2, 1]);
    expect([wire.relay.sessions, wire.relay.mostAtOnce]).toEqual([2, 1]);
  });

  test('a check fails after the second refusal', async () => {
    const credentials = new Passwords('MARKED-old', 'MARKED-new', wire.server.postgres.password);
    const watching = wire.probe({ credentials });
    expect(await wire.codes(watching)).toEqual(['PROBE.AUTH']);
    expect([credentials.given, credentials.refusals, wire.relay.sessions]).toEqual([2, 1, 2]);
    expect(await wire.codes(watching)).toEqual([]);
  });

  test('a password that does not change is not tried twice', async () => {
    const credentials = new Passwords('MARKED-wrong');
    expect(await wire.codes(wire.probe({ credentials }))).toEqual(['PROBE.AUTH']);
    expect([credentials.given, credentials.refusals, wire.relay.sessions]).toEqual([1, 1, 1]);
  });

  test.each([
    ['no password', undefined],
    ['an empty password', ''],
  ])('%s is a refused login if the server requires a password', async (_, password) => {
    expect(await wire.codes(wire.probe({ credentials: fixedPassword(password) }))).toEqual(['PROBE.AUTH']);
  });

  test('credentials that cannot be fetched report their problem', async () => {
    const failure = problem('AWS.SECRETS', { error: 'AccessDeniedException' }, 'error');
    const password = () => Promise.reject(new ProblemError(failure));
    const watching = wire.probe({ credentials: { password, refused: () => true } });
    expect(await wire.problemsOf(watching)).toEqual([failure]);
    await until('the connection is gone', () => wire.relay.open === 0);
  });

  test('credentials that never resolve are PROBE.TIMEOUT', async () => {
    const password = () => new Promise<string>(() => undefined);
    const watching = wire.probe({ credentials: { password, refused: () => true } });
    expect(await wire.problemsOf(watching)).toMatchObject([{ code: 'PROBE.TIMEOUT', values: { phase: 'login' } }]);
    expect(wire.relay.sessions).toBe(1);
  });
});

test('200 concurrent checks without an open connection share one connection and its statements', async () => {
  const { relay } = wire;
  relay.toClient.pause();
  const watching = wire.probe();
  const checks = Array.from({ length: 200 }, () => wire.codes(watching));
  await until('the login has begun', () => relay.sessions > 0);
  relay.toClient.resume();
  expect(new Set((await Promise.all(checks)).flat())).toEqual(new Set());
  expect([relay.sessions, relay.statements]).toEqual([1, FIRST_STATEMENTS]);
});

test('concurrent queries with different statements share the connection, one after the other', async () => {
  const { relay } = wire;
  const underWay = { now: 0, most: 0 };
  relay.toServer.filter = ({ type, bytes }) => {
    underWay.now += type === 'Q' ? 1 : 0;
    underWay.most = Math.max(underWay.most, underWay.now);
    return bytes;
  };
  relay.toClient.filter = ({ type, isAfterQuery, bytes }) => {
    underWay.now -= isAfterQuery && type === 'Z' ? 1 : 0;
    return bytes;
  };
  const session = wire.session();
  const numbers = [1, 2, 3];
  const answers = await Promise.all(numbers.map((number) => session.query(`${STATEMENT}, ${number} AS number`)));
  expect(answers.map(({ results }) => results[0]?.[0]?.number)).toEqual(numbers);
  expect([relay.sessions, relay.statements, underWay.most]).toEqual([1, 3, 1]);
});

test('after a failover the check connects to the new server of the address', async () => {
  const other = await startTestServer({ max_connections: '37' });
  await other.createRole(ROLE, 'IN ROLE pg_monitor');
  await other.sql(`ALTER ROLE ${ROLE} PASSWORD '${wire.server.postgres.password}'`);
  const watching = wire.probe();
  const before = await watching.probe();
  wire.relay.targetPort = other.postgres.port;
  wire.relay.cut();
  const after = await watching.probe();
  await watching.close();
  await other.close();
  expect([before, after].map(({ database }) => database?.slots.maxConnections)).toEqual([100, 37]);
  expect([wire.relay.sessions, wire.relay.mostAtOnce]).toEqual([2, 1]);
});

test('a statement that times out through a Unix socket is cancelled, too', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'pool-health-socket-'));
  const relay = await Relay.start(wire.server.postgres.port, { path: join(directory, '.s.PGSQL.5432') });
  const watching = wire.probe({ endpoint: directory, port: 5432 });
  expect(await wire.codes(watching)).toEqual([]);
  relay.toClient.filter = noAnswer;
  expect(await wire.codes(watching)).toEqual(['PROBE.TIMEOUT']);
  await until('each statement is cancelled', () => relay.cancelRequests === 2);
  expect([relay.sessions, relay.statements, relay.mostAtOnce]).toEqual([2, FIRST_STATEMENTS + 2, 1]);
  await watching.close();
  await relay.close();
  rmSync(directory, { recursive: true });
});

describe('an error contains no password', () => {
  test.each<[string, (relay: Relay) => void]>([
    ['reset during the login', (relay) => onType(relay, 'R', () => relay.cut())],
    ['reset instead of a response', (relay) => onType(relay, 'E', () => relay.cut())],
    ['no response to the login', (relay) => relay.toClient.pause()],
    ['no response to the statement', (relay) => Object.assign(relay.toClient, { filter: noAnswer })],
    ['an error as response', () => undefined],
  ])('%s', async (_, disturb) => {
    disturb(wire.relay);
    const error = await wire
      .session()
      .query('SELECT 1 / 0')
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(wire.server.postgres.password);
  });
});

function onType(relay: Relay, type: string, act: () => void): void {
  relay.toClient.filter = (message) => {
    if (message.type === type) {
      act();
    }
    return message.bytes;
  };
}

describe('after close no socket and no timer is left, and no query succeeds', () => {
  // Timers that are left are to be seen among the resources of this process.
  beforeEach(useRealTime);
  /** So long that a timer that is left is seen. */
  const LONG = { totalMs: 600_000, connectMs: 600_000, queryMs: 600_000, reusedQueryMs: 600_000 };
  /** The one connection by which the tests themselves look at the server. */
  const OWN = ['TCPSocketWrap'];
  const held = () =>
    process.getActiveResourcesInfo().filter((name) => /^(TCP(Socket|Connect)Wrap|Timeout)$/.test(name));

  type Reach = (session: SharedConnection) => Promise<unknown>;
  const ask: Reach = (session) => session.query(STATEMENT).catch(() => undefined);

  test.each<[string, ConnectionTimeouts, Reach]>([
    ['before the first query', LONG, async () => undefined],
    ['of an idle connection', LONG, ask],
    [
      'of a login that waits',
      SHORT,
      async (session) => {
        wire.relay.toClient.pause();
        await ask(session);
      },
    ],
    [
      'of a statement that timed out',
      SHORT,
      async (session) => {
        wire.relay.toClient.filter = noAnswer;
        await ask(session);
      },
    ],
    [
      'while it connects',
      LONG,
      async (session) => {
        void ask(session);
      },
    ],
    [
      'while it logs in',
      LONG,
      async (session) => {
        wire.relay.toClient.pause();
        void ask(session);
        await until('the login has begun', () => wire.relay.sessions === 1);
      },
    ],
    [
      'while a statement runs',
      LONG,
      async (session) => {
        await ask(session);
        wire.relay.toClient.filter = noAnswer;
        void ask(session);
        await until('the statement is on its way', () => wire.relay.statements === 2);
      },
    ],
  ])('%s', async (_, timeouts, reach) => {
    const session = wire.session({ timeouts });
    await reach(session);
    const { sessions } = wire.relay;
    await session.close();
    await expect(session.query(STATEMENT)).rejects.toThrow();
    wire.relay.toClient.resume();
    await until('nothing is left', () => wire.relay.open === 0 && inspect(held()) === inspect(OWN));
    expect(wire.relay.sessions).toBe(sessions);
    await until('the server has forgotten it', () => wire.backends().length === 0);
  });

  test('a statement that waits on the server is cancelled', async () => {
    const session = wire.session({ timeouts: LONG });
    await ask(session);
    const waiting = session.query('SELECT pg_sleep(600), pg_backend_pid() AS pid').catch(() => undefined);
    await until('the statement runs', () => wire.backends().some((title) => title.endsWith('SELECT')));
    await session.close();
    await waiting;
    await until('the server has forgotten it', () => wire.backends().length === 0);
    expect([wire.relay.sessions, wire.relay.cancelRequests]).toEqual([1, 1]);
  });
});

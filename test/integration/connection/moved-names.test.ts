import dns from 'node:dns';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Names } from '../../suites/faults/names.js';
import { onTurns, skip } from '../../support/clock.js';
import { NOTHING, Relay } from '../../support/relay.js';
import { ROLE, Wire } from '../../support/wire.js';

onTurns();

const HOST = 'db.test.invalid';
const HERE = '127.0.0.1';
/** On Linux the whole of 127.0.0.0/8 is this machine; other systems have the first address alone. */
const ELSEWHERE = '127.0.0.2';
const isLinux = process.platform === 'linux';
const STATEMENT = 'SELECT pg_backend_pid() AS pid';
const MINUTE_MS = 60_000;

let wire: Wire;
let names: Names;
beforeAll(async () => {
  wire = await Wire.start();
});
beforeEach(() => {
  names = new Names();
  names.install();
  names.set(HOST, [HERE]);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await wire.renew();
});
afterAll(() => wire?.close());

type Session = ReturnType<Wire['session']>;

async function connected(): Promise<Session> {
  const session = wire.session({ endpoint: HOST });
  await session.check(STATEMENT);
  return session;
}

async function codes(session: Session): Promise<string[]> {
  return (await session.check(STATEMENT)).problems.map(({ code }) => code);
}

/** Another way to the same server, at the other address and the same port. */
async function elsewhere<T>(work: (other: Relay) => Promise<T>): Promise<T> {
  const other = await Relay.start(wire.server.postgres.port, { port: wire.relay.port, host: ELSEWHERE });
  try {
    return await work(other);
  } finally {
    await other.close();
  }
}

describe.runIf(isLinux)('a name that leads elsewhere (needs 127.0.0.2, as Linux has it)', () => {
  test('is followed in the next check, and the old server has no session left', () =>
    elsewhere(async (other) => {
      const session = await connected();
      names.set(HOST, [ELSEWHERE]);
      expect([await codes(session), wire.relay.open, other.open, other.sessions]).toEqual([[], 0, 1, 1]);
      expect([await codes(session), other.sessions, wire.backends().length]).toEqual([[], 1, 1]);
      await session.close();
    }));

  test('is an error at once if nothing answers there, and works again with the next login', () =>
    elsewhere(async (other) => {
      const session = await connected();
      await other.close();
      names.set(HOST, [ELSEWHERE]);
      await expect(session.check(STATEMENT)).rejects.toThrow('ECONNREFUSED');
      expect(wire.relay.open).toBe(0);
      names.set(HOST, [HERE]);
      expect([await codes(session), wire.relay.open]).toEqual([[], 1]);
    }));

  test('is an error at once if the login hangs there, and the next check waits for the same login', () =>
    elsewhere(async (other) => {
      const session = await connected();
      names.set(HOST, [ELSEWHERE]);
      other.toClient.filter = () => NOTHING;
      await expect(session.check(STATEMENT)).rejects.toMatchObject({ phase: 'login' });
      await expect(session.check(STATEMENT)).rejects.toMatchObject({ phase: 'login' });
      expect([wire.relay.open, other.sessions, other.open]).toEqual([0, 1, 1]);
      await session.close();
    }));

  test('and refuses the login for lack of slots keeps the counts of the open connection', () =>
    elsewhere(async (other) => {
      const session = await connected();
      names.set(HOST, [ELSEWHERE]);
      await wire.server.sql('ALTER DATABASE postgres CONNECTION LIMIT 0');
      expect([await codes(session), wire.relay.open, other.open]).toEqual([['PROBE.SLOTS_EXHAUSTED'], 1, 0]);
      await wire.server.sql('ALTER DATABASE postgres CONNECTION LIMIT -1');
      expect([await codes(session), wire.relay.open, other.open]).toEqual([[], 0, 1]);
      await session.close();
    }));

  test('to a server where the role has no session left: the first one ends before the second login', () =>
    elsewhere(async (other) => {
      const session = await connected();
      names.set(HOST, [ELSEWHERE]);
      await wire.server.sql(`ALTER ROLE ${ROLE} CONNECTION LIMIT 1`);
      expect([await codes(session), wire.relay.open, other.open, other.sessions]).toEqual([[], 0, 1, 2]);
      await wire.server.sql(`ALTER ROLE ${ROLE} CONNECTION LIMIT -1`);
      await session.close();
    }));

  test('in each answer costs no login in each check', () =>
    elsewhere(async (other) => {
      const session = await connected();
      for (let check = 0; check < 60; check += 1) {
        names.set(HOST, [check % 2 === 0 ? ELSEWHERE : HERE]);
        skip(MINUTE_MS / 2);
        expect(await codes(session)).toEqual([]);
      }
      // In half an hour: the first, six by the name, and at most one in five minutes.
      const logins = wire.relay.sessions + other.sessions;
      expect(logins).toBeGreaterThan(6);
      expect(logins).toBeLessThanOrEqual(1 + 6 + 6);
      expect(wire.relay.open + other.open).toBe(1);
      await session.close();
    }));

  test('and back is followed both ways', () =>
    elsewhere(async (other) => {
      const session = await connected();
      names.set(HOST, [ELSEWHERE]);
      await codes(session);
      names.set(HOST, [HERE]);
      expect([await codes(session), wire.relay.open, other.open]).toEqual([[], 1, 0]);
    }));
});

describe('no login', () => {
  test('while the address of the connection is among those of the name', async () => {
    const session = await connected();
    names.set(HOST, ['::1', '127.0.0.3', HERE]);
    expect([await codes(session), wire.relay.sessions]).toEqual([[], 1]);
  });

  test('while DNS gives no answer, and only the first check waits for it', async () => {
    const session = await connected();
    names.set(HOST, 'no answer');
    for (let check = 0; check < 3; check += 1) {
      expect([await codes(session), wire.relay.sessions]).toEqual([[], 1]);
    }
  });

  test('nor lookup for an IP address', async () => {
    const session = wire.session({ endpoint: HERE });
    expect([await codes(session), await codes(session), wire.relay.sessions]).toEqual([[], [], 1]);
    expect(dns.lookup).not.toHaveBeenCalled();
  });
});

test('a name that does not exist any more is PROBE.DNS once that lasts for a minute; the open connection stays', async () => {
  const session = await connected();
  names.set(HOST, []);
  expect(await codes(session)).toEqual([]);
  skip(MINUTE_MS);
  expect([await codes(session), wire.relay.sessions, wire.relay.open]).toEqual([['PROBE.DNS'], 1, 1]);
  names.set(HOST, [HERE]);
  skip(MINUTE_MS);
  expect([await codes(session), wire.relay.sessions, wire.relay.open]).toEqual([[], 2, 1]);
});

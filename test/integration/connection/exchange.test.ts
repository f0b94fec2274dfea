import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { onTurns, skip } from '../../support/clock.js';
import { NOTHING } from '../../support/relay.js';
import { until } from '../../support/until.js';
import { ROLE, Wire } from '../../support/wire.js';

onTurns();

let wire: Wire;
beforeAll(async () => {
  wire = await Wire.start();
});
afterEach(() => wire.renew());
afterAll(() => wire?.close());

const STATEMENT = 'SELECT pg_backend_pid() AS pid';
const MINUTE_MS = 60_000;

type Session = ReturnType<Wire['session']>;

/** A session that has logged in, and the pid of its backend. */
async function connected(): Promise<{ readonly session: Session; readonly pid: unknown }> {
  const session = wire.session();
  return { session, pid: await pidOf(session) };
}

async function pidOf(session: Session): Promise<unknown> {
  const { results } = await session.check(STATEMENT);
  return results[0]?.[0]?.pid;
}

/** One check for each minute. */
async function minutes(session: Session, count: number): Promise<void> {
  for (let minute = 0; minute < count; minute += 1) {
    skip(MINUTE_MS);
    await session.check(STATEMENT);
  }
}

async function codes(session: Session): Promise<string[]> {
  return (await session.check(STATEMENT)).problems.map(({ code }) => code);
}

describe('after five minutes a check logs in again', () => {
  test('on a second connection, and ends the first one before its statement', async () => {
    const { session, pid } = await connected();
    await minutes(session, 4);
    expect([wire.relay.sessions, await pidOf(session)]).toEqual([1, pid]);
    wire.relay.toServer.filter = ({ type, bytes }) => {
      expect([type, type === 'Q' ? wire.relay.open : 1]).toEqual([type, 1]);
      return bytes;
    };
    skip(MINUTE_MS);
    const later = await pidOf(session);
    expect(later).not.toBe(pid);
    expect([wire.relay.sessions, wire.relay.mostAtOnce, wire.relay.open]).toEqual([2, 2, 1]);
    expect(wire.backends()).toHaveLength(1);
    await minutes(session, 4);
    expect([wire.relay.sessions, await pidOf(session)]).toEqual([2, later]);
  });

  test('but not for a query that is no check', async () => {
    const { session } = await connected();
    for (let minute = 0; minute < 10; minute += 1) {
      skip(MINUTE_MS);
      await session.query(STATEMENT);
    }
    expect(wire.relay.sessions).toBe(1);
  });
});

describe('if the login is refused, the open connection stays in use', () => {
  test('and at the CONNECTION LIMIT of the database each check says so, until a login works', async () => {
    const { session, pid } = await connected();
    await minutes(session, 4);
    await wire.server.sql('ALTER DATABASE postgres CONNECTION LIMIT 0');
    skip(MINUTE_MS);
    const { results, problems } = await session.check(STATEMENT);
    expect(results[0]?.[0]?.pid).toBe(pid);
    expect(problems).toMatchObject([{ code: 'PROBE.SLOTS_EXHAUSTED', values: { limit: 'database' } }]);
    expect([await codes(session), wire.relay.sessions]).toEqual([['PROBE.SLOTS_EXHAUSTED'], 3]);
    await wire.server.sql('ALTER DATABASE postgres CONNECTION LIMIT -1');
    expect([await codes(session), wire.relay.sessions, wire.relay.open]).toEqual([[], 4, 1]);
    expect(await pidOf(session)).not.toBe(pid);
  });

  test('and the own limit of the role is no problem', async () => {
    const { session, pid } = await connected();
    await wire.server.sql(`ALTER ROLE ${ROLE} CONNECTION LIMIT 1`);
    await minutes(session, 9);
    expect([await codes(session), await pidOf(session), wire.relay.sessions]).toEqual([[], pid, 2]);
    await wire.server.sql(`ALTER ROLE ${ROLE} CONNECTION LIMIT -1`);
  });

  test('and a failure that passes within a minute is no problem', async () => {
    const { session, pid } = await connected();
    await wire.server.sql(`ALTER ROLE ${ROLE} PASSWORD 'another'`);
    await minutes(session, 5);
    expect([await codes(session), await pidOf(session), wire.relay.sessions]).toEqual([[], pid, 2]);
    await wire.server.sql(`ALTER ROLE ${ROLE} PASSWORD '${wire.server.postgres.password}'`);
    skip(MINUTE_MS);
    expect([await codes(session), wire.relay.sessions, wire.relay.open]).toEqual([[], 3, 1]);
    expect(await pidOf(session)).not.toBe(pid);
  });

  test('and a failure that lasts for a minute is a problem, until a login works', async () => {
    const { session, pid } = await connected();
    await wire.server.sql(`ALTER ROLE ${ROLE} PASSWORD 'another'`);
    await minutes(session, 6);
    expect([await codes(session), await pidOf(session)]).toEqual([['PROBE.AUTH'], pid]);
    await wire.server.sql(`ALTER ROLE ${ROLE} PASSWORD '${wire.server.postgres.password}'`);
    skip(MINUTE_MS);
    expect([await codes(session), wire.relay.open]).toEqual([[], 1]);
  });

  test('and logins that hang do not pile up on the server', async () => {
    const { session, pid } = await connected();
    wire.relay.toClient.filter = ({ isAfterQuery, bytes }) => (isAfterQuery ? bytes : NOTHING);
    await minutes(session, 6);
    expect([await codes(session), wire.relay.sessions, wire.relay.open]).toEqual([[], 2, 1]);
    await minutes(session, 1);
    expect([await codes(session), await pidOf(session)]).toEqual([['PROBE.TIMEOUT'], pid]);
    expect([wire.relay.sessions, wire.relay.mostAtOnce, wire.relay.open]).toEqual([3, 2, 1]);
  });

  test('but a connection that is dead by then is replaced as ever', async () => {
    const { session } = await connected();
    await minutes(session, 4);
    await wire.server.sql('ALTER DATABASE postgres CONNECTION LIMIT 0');
    wire.relay.cut();
    skip(MINUTE_MS);
    await expect(session.check(STATEMENT)).rejects.toThrow('too many connections for database');
    await wire.server.sql('ALTER DATABASE postgres CONNECTION LIMIT -1');
    expect([await codes(session), wire.relay.open]).toEqual([[], 1]);
  });
});

test('a new password is fetched for the login', async () => {
  const passwords = [wire.server.postgres.password];
  const credentials = {
    password: async () => passwords[0],
    refused: () => passwords.length > 1 && !!passwords.shift(),
  };
  const session = wire.session({ credentials });
  await session.check(STATEMENT);
  await minutes(session, 4);
  await wire.server.sql(`ALTER ROLE ${ROLE} PASSWORD 'rotated'`);
  passwords.push('rotated');
  skip(MINUTE_MS);
  expect([await codes(session), wire.relay.sessions, wire.relay.mostAtOnce, wire.relay.open]).toEqual([[], 3, 2, 1]);
  await wire.server.sql(`ALTER ROLE ${ROLE} PASSWORD '${wire.server.postgres.password}'`);
});

test('close in the middle of an exchange ends both connections', async () => {
  const { session } = await connected();
  wire.relay.toClient.filter = ({ isAfterQuery, bytes }) => (isAfterQuery ? bytes : NOTHING);
  await minutes(session, 4);
  skip(MINUTE_MS);
  const checking = session.check(STATEMENT).catch(() => undefined);
  await until('both are open', () => wire.relay.open === 2);
  await session.close();
  await checking;
  await until('nothing is left', () => wire.relay.open === 0);
  expect(wire.relay.sessions).toBe(2);
});

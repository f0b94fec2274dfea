import type { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PostgresProbe } from '../../../functions/postgres/probe.js';
import { onTurns, skip, stopDate } from '../../support/clock.js';
import { type Message, NOTHING } from '../../support/relay.js';
import { until } from '../../support/until.js';
import { FIRST_STATEMENTS, SHORT, Wire } from '../../support/wire.js';

onTurns();

let wire: Wire;
let locker: Client;
beforeAll(async () => {
  wire = await Wire.start();
});
beforeEach(async () => {
  wire.relay.toClient.filter = ofPooler;
  locker = await wire.server.connect();
});
afterEach(async () => {
  await locker.end();
  await wire.renew();
});
afterAll(() => wire?.close());

/** Tells clients of another backend than serves them, as poolers do: they choose one for each transaction. */
const poolerOf =
  (processId: number) =>
  ({ type, bytes }: Message): Buffer => {
    const changed = Buffer.from(bytes);
    if (type === 'K') {
      changed.writeInt32BE(processId, 5);
    }
    return changed;
  };
/** The largest id that a process can have: this pooler cannot be told from a server before it answers. */
const ofPooler = poolerOf(4_194_304);
/** The id of no process, as PgBouncer tells it. */
const ofPgBouncer = poolerOf(1_000_000_007);

const asItIs = ({ bytes }: Message) => bytes;
/** Lets the login pass, and no answer to a statement. */
const held = (login: (message: Message) => Buffer) => (message: Message) =>
  message.isAfterQuery ? NOTHING : login(message);

/** Makes every statement of a check wait on the server. */
async function lock(): Promise<void> {
  await locker.query('BEGIN');
  await locker.query('LOCK TABLE pg_catalog.pg_database IN ACCESS EXCLUSIVE MODE');
}

/** A check that has had an answer, and so knows that a pooler stands between. */
async function acquainted(): Promise<PostgresProbe> {
  const watching = wire.probe();
  expect(await wire.codes(watching)).toEqual([]);
  return watching;
}

test('a pooler is detected if another backend than the one of the login runs the statement', async () => {
  const statement = 'SELECT pg_backend_pid() AS pid';
  expect(await wire.session().query(statement)).toMatchObject({ isDirect: false });
  wire.relay.toClient.filter = asItIs;
  expect(await wire.session().query(statement)).toMatchObject({ isDirect: true });
});

describe('a statement without a response behind a pooler', () => {
  test('stays in the queue, and the next checks wait for it and report its age, until the response arrives', async () => {
    const { relay } = wire;
    const watching = await acquainted();
    await lock();
    const ages: unknown[] = [];
    for (const _ of ['first', 'second', 'third']) {
      const [problem] = await wire.problemsOf(watching);
      expect(problem).toMatchObject({ code: 'PROBE.TIMEOUT', values: { phase: 'query' } });
      ages.push(problem?.values.waitedMs);
      expect(wire.backends()).toHaveLength(1);
    }
    const [first, second, third] = ages.map(Number);
    expect(second).toBeGreaterThanOrEqual(Number(first) + SHORT.totalMs);
    expect(third).toBeGreaterThanOrEqual(Number(second) + SHORT.totalMs);
    expect([relay.sessions, relay.statements]).toEqual([1, FIRST_STATEMENTS + 1]);
    await locker.query('ROLLBACK');
    expect(await wire.codes(watching)).toEqual([]);
    expect(await wire.codes(watching)).toEqual([]);
    expect([relay.sessions, relay.statements, relay.cancelRequests]).toEqual([1, FIRST_STATEMENTS + 2, 0]);
  });

  test('counts as dead after the timeout of every pooler, and not before', async () => {
    const { relay } = wire;
    const watching = await acquainted();
    stopDate();
    relay.toClient.filter = held(ofPooler);
    expect(await wire.codes(watching)).toEqual(['PROBE.TIMEOUT']);
    skip(125_000);
    expect(await wire.codes(watching)).toEqual(['PROBE.TIMEOUT']);
    expect(relay.sessions).toBe(1);
    relay.toClient.filter = ofPooler;
    skip(1);
    expect(await wire.codes(watching)).toEqual([]);
    expect([relay.sessions, relay.mostAtOnce, relay.cancelRequests]).toEqual([2, 1, 0]);
  });

  test('is sent again within the same check if the pooler closes the connection', async () => {
    const watching = await acquainted();
    await lock();
    expect(await wire.codes(watching)).toEqual(['PROBE.TIMEOUT']);
    await locker.query('ROLLBACK');
    wire.relay.cut();
    expect(await wire.codes(watching)).toEqual([]);
    expect([wire.relay.sessions, wire.relay.mostAtOnce, wire.relay.cancelRequests]).toEqual([2, 1, 0]);
  });

  test.each([
    ['the definition names a pooler', true, ofPooler],
    ['the login reports an impossible process id', false, ofPgBouncer],
  ])('stays in the queue from the first check on if %s', async (_, isPooled, login) => {
    const { relay } = wire;
    relay.toClient.filter = held(login);
    const watching = wire.probe({ isPooled });
    expect(await wire.codes(watching)).toEqual(['PROBE.TIMEOUT']);
    expect(await wire.codes(watching)).toEqual(['PROBE.TIMEOUT']);
    expect([relay.sessions, relay.statements, relay.cancelRequests]).toEqual([1, 1, 0]);
    relay.cut();
    relay.toClient.filter = login;
    expect(await wire.codes(watching)).toEqual([]);
  });
});

test('a definition that names a pooler without one is corrected by the first result', async () => {
  const { relay } = wire;
  relay.toClient.filter = asItIs;
  const watching = wire.probe({ isPooled: true });
  expect(await wire.codes(watching)).toEqual([]);
  relay.toClient.filter = held(asItIs);
  expect(await wire.codes(watching)).toEqual(['PROBE.TIMEOUT']);
  await until('each statement is cancelled', () => relay.cancelRequests === 2);
  expect([relay.sessions, relay.statements, relay.mostAtOnce]).toEqual([2, FIRST_STATEMENTS + 2, 1]);
});

test('a login that succeeds just before its limit leaves its statement in the queue, like any other login', async () => {
  const { relay } = wire;
  relay.toClient.pause();
  relay.toClient.filter = held(ofPgBouncer);
  const watching = wire.probe({ isPooled: true });
  expect(await wire.problemsOf(watching)).toMatchObject([{ code: 'PROBE.TIMEOUT', values: { phase: 'login' } }]);
  skip(61_000 - 1.7 * SHORT.connectMs);
  const looking = wire.problemsOf(watching);
  relay.toClient.resume();
  expect(await looking).toMatchObject([{ code: 'PROBE.TIMEOUT', values: { phase: 'query' } }]);
  expect([relay.sessions, relay.statements]).toEqual([1, 1]);
});

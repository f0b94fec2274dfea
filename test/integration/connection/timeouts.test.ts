import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { onTurns, skip, stopDate } from '../../support/clock.js';
import { NeverAccepts } from '../../support/never-accepts.js';
import { type Message, NOTHING, Relay } from '../../support/relay.js';
import { until } from '../../support/until.js';
import { FIRST_STATEMENTS, SHORT, Wire } from '../../support/wire.js';

onTurns();

let wire: Wire;
beforeAll(async () => {
  wire = await Wire.start();
});
afterEach(() => wire.renew());
afterAll(() => wire?.close());

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => /^TCP(Socket|Connect)Wrap$/.test(name)).length;
}

const lose = () => NOTHING;

describe('an address that accepts no connection', () => {
  test('is PROBE.TIMEOUT with one attempt at a time, until a server accepts', async () => {
    const address = await NeverAccepts.start();
    const watching = wire.probe({ port: address.port });
    const before = openSockets();
    for (const _ of ['first', 'second']) {
      const looking = wire.problemsOf(watching);
      await until('the attempt has begun', () => openSockets() > before);
      expect(openSockets()).toBeLessThanOrEqual(before + 2);
      expect(await looking).toMatchObject([{ code: 'PROBE.TIMEOUT', values: { phase: 'connect' } }]);
      await until('the attempt is given up', () => openSockets() === before);
    }
    await address.close();
    const relay = await Relay.start(wire.server.postgres.port, { port: address.port });
    expect(await wire.codes(watching)).toEqual([]);
    expect(relay.sessions).toBe(1);
    await watching.close();
    await relay.close();
  });
});

describe('a login without a response', () => {
  test('is PROBE.TIMEOUT, and the next check waits for the same login until it succeeds', async () => {
    const { relay } = wire;
    relay.toClient.pause();
    const watching = wire.probe();
    const [first] = await wire.problemsOf(watching);
    const [second] = await wire.problemsOf(watching);
    expect([first, second]).toMatchObject([
      { code: 'PROBE.TIMEOUT', values: { phase: 'login' } },
      { code: 'PROBE.TIMEOUT', values: { phase: 'login' } },
    ]);
    expect(second?.values.waitedMs).toBeGreaterThanOrEqual(Number(first?.values.waitedMs) + SHORT.connectMs);
    relay.toClient.resume();
    expect(await wire.codes(watching)).toEqual([]);
    expect([relay.sessions, relay.cancelRequests]).toEqual([1, 0]);
    expect(wire.backends()).toHaveLength(1);
  });

  test('is tried again after 61 s, and not before, if the response is lost', async () => {
    const { relay } = wire;
    stopDate();
    relay.toClient.filter = lose;
    const watching = wire.probe();
    expect(await wire.codes(watching)).toEqual(['PROBE.TIMEOUT']);
    relay.toClient.filter = ({ bytes }) => bytes;
    skip(60_000 - SHORT.connectMs);
    expect(await wire.codes(watching)).toEqual(['PROBE.TIMEOUT']);
    expect(relay.sessions).toBe(1);
    skip(61_000);
    expect(await wire.codes(watching)).toEqual([]);
    expect([relay.sessions, relay.mostAtOnce, relay.cancelRequests]).toEqual([2, 1, 0]);
  });

  test('is waited for by a check just before those 61 s, which then connects again', async () => {
    const { relay } = wire;
    relay.toClient.filter = lose;
    const watching = wire.probe();
    expect(await wire.codes(watching)).toEqual(['PROBE.TIMEOUT']);
    relay.toClient.filter = ({ bytes }) => bytes;
    skip(60_700 - SHORT.connectMs);
    expect(await wire.codes(watching)).toEqual([]);
    expect([relay.sessions, relay.mostAtOnce, relay.cancelRequests]).toEqual([2, 1, 0]);
  });
});

/** Answers that the relay does not let through as they are; the login it does. */
const answers = (change: (message: Message) => Buffer) => (message: Message) =>
  message.isAfterQuery ? change(message) : message.bytes;
const upToHalfARow = ({ type, bytes }: Message) =>
  type === 'T' ? bytes : type === 'D' ? bytes.subarray(0, bytes.length / 2) : NOTHING;

describe.each<[string, 'toServer' | 'toClient', (message: Message) => Buffer]>([
  ['the statement is lost', 'toServer', ({ type, bytes }) => (type === 'Q' ? NOTHING : bytes)],
  ['the response is lost', 'toClient', answers(lose)],
  ['the response stops in the middle of a row', 'toClient', answers(upToHalfARow)],
])('%s', (_, direction, filter) => {
  test('a check that connects times out once, and cancels the statement', async () => {
    const { relay } = wire;
    relay[direction].filter = filter;
    expect(await wire.problemsOf(wire.probe())).toMatchObject([{ code: 'PROBE.TIMEOUT', values: { phase: 'query' } }]);
    await until('a CancelRequest', () => relay.cancelRequests === 1);
    expect([relay.sessions, relay.statements]).toEqual([1, 1]);
    await until('the connection is gone', () => relay.open === 0);
  });
});

test('an open connection without a response is replaced by a new one, which is tried again at growing intervals', async () => {
  const { relay } = wire;
  stopDate();
  const watching = wire.probe();
  expect(await wire.codes(watching)).toEqual([]);
  relay.toClient.filter = answers(lose);
  /** Checks after a pause, and returns the number of connections until then. */
  const sessionsAfter = async (pauseMs: number) => {
    skip(pauseMs);
    expect(await wire.problemsOf(watching)).toMatchObject([{ code: 'PROBE.TIMEOUT', values: { phase: 'query' } }]);
    return relay.sessions;
  };
  expect(await sessionsAfter(0)).toBe(2);
  expect(await sessionsAfter(SHORT.totalMs - 1)).toBe(2);
  expect(await sessionsAfter(1)).toBe(3);
  expect(await sessionsAfter(2 * SHORT.totalMs - 1)).toBe(3);
  expect(await sessionsAfter(1)).toBe(4);
  relay.toClient.filter = ({ bytes }) => bytes;
  expect(await sessionsAfter(4 * SHORT.totalMs - 1)).toBe(4);
  skip(1);
  expect(await wire.codes(watching)).toEqual([]);
  const givenUp = 4;
  await until('a CancelRequest for each', () => relay.cancelRequests === givenUp);
  expect([relay.sessions, relay.statements, relay.mostAtOnce]).toEqual([5, FIRST_STATEMENTS + givenUp + 1, 1]);
});

test('a response that arrives byte by byte is valid', async () => {
  const { relay } = wire;
  relay.toClient.isSlow = true;
  relay.toServer.isSlow = true;
  const watching = wire.probe();
  expect(await wire.codes(watching)).toEqual([]);
  expect(await wire.codes(watching)).toEqual([]);
  expect([relay.sessions, relay.statements]).toEqual([1, FIRST_STATEMENTS + 1]);
});

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { onTurns, skip } from '../../support/clock.js';
import { type Message, NOTHING } from '../../support/relay.js';
import { until } from '../../support/until.js';
import { FIRST_STATEMENTS, Wire } from '../../support/wire.js';

onTurns();

let wire: Wire;
beforeAll(async () => {
  wire = await Wire.start();
});
afterEach(() => wire.renew());
afterAll(() => wire?.close());

/** What the relay does, once or always, when it sees a message of this type from the server. */
function on(type: string, times: number, act: () => Buffer): void {
  let left = times;
  wire.relay.toClient.filter = (message: Message) => {
    if (message.type !== type || left === 0) {
      return message.bytes;
    }
    left -= 1;
    return act();
  };
}

const cut = () => {
  wire.relay.cut();
  return NOTHING;
};
const halfClose = () => {
  wire.relay.halfClose();
  return NOTHING;
};

describe.each([
  ['during the login', 'R'],
  ['before the row', 'T'],
  ['instead of the row', 'D'],
])('a connection that breaks %s', (_, type) => {
  test.each([
    ['reset', cut],
    ['closed by the other side', halfClose],
  ])('is PROBE.UNREACHABLE if it is %s, and the next check succeeds', async (_how, act) => {
    on(type, 1, act);
    const watching = wire.probe();
    expect(await wire.codes(watching)).toEqual(['PROBE.UNREACHABLE']);
    expect(await wire.codes(watching)).toEqual([]);
    expect([wire.relay.sessions, wire.relay.mostAtOnce, wire.relay.cancelRequests]).toEqual([2, 1, 0]);
  });
});

describe('an open connection that breaks is replaced within the same check', () => {
  test.each([
    ['reset while it was idle', () => wire.relay.cut()],
    ['closed by the other side while it was idle', () => wire.relay.halfClose()],
    ['reset instead of the row', () => on('D', 1, cut)],
    ['closed by the other side instead of the row', () => on('D', 1, halfClose)],
  ])('%s', async (_, breakIt) => {
    const watching = wire.probe();
    expect(await wire.codes(watching)).toEqual([]);
    breakIt();
    expect(await wire.codes(watching)).toEqual([]);
    expect([wire.relay.sessions, wire.relay.mostAtOnce]).toEqual([2, 1]);
  });

  test('forgotten by a device in between', async () => {
    const { relay } = wire;
    const watching = wire.probe();
    expect(await wire.codes(watching)).toEqual([]);
    relay.forget();
    expect(await wire.codes(watching)).toEqual([]);
    expect([relay.sessions, relay.mostAtOnce]).toEqual([2, 1]);
  });

  test('forgotten during a long pause: the check does not try it', async () => {
    const { relay } = wire;
    const watching = wire.probe();
    expect(await wire.codes(watching)).toEqual([]);
    relay.forget();
    skip(90_001);
    expect(await wire.codes(watching)).toEqual([]);
    // The second check reads the facts again, too: they are as old as the connection.
    const statements = 2 * FIRST_STATEMENTS;
    expect([relay.sessions, relay.statements, relay.cancelRequests, relay.mostAtOnce]).toEqual([2, statements, 0, 1]);
  });

  test('only once: if the new connection breaks, too, the check reports it', async () => {
    const watching = wire.probe();
    expect(await wire.codes(watching)).toEqual([]);
    on('D', 2, cut);
    expect(await wire.codes(watching)).toEqual(['PROBE.UNREACHABLE']);
    expect(await wire.codes(watching)).toEqual([]);
    expect([wire.relay.sessions, wire.relay.mostAtOnce]).toEqual([3, 1]);
  });
});

/** A message of the protocol: its letter, its length, and what it says. */
function message(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + body.length);
  return Buffer.concat([Buffer.from(type), length, body]);
}

describe("a response that is not PostgreSQL's protocol is a problem of the check", () => {
  const mySql = Buffer.from('\x4a\x00\x00\x00\x0a8.0.36\x00\x0b\x00\x00\x00salt', 'latin1');
  test.each([
    ['a page of HTML', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'PROBE.QUERY'],
    ['the greeting of an SSH server', Buffer.from('SSH-2.0-OpenSSH_9.6\r\n'), 'PROBE.QUERY'],
    ['the greeting of MySQL', mySql, 'PROBE.QUERY'],
    ['a message of no known type', message('?', Buffer.alloc(7)), 'PROBE.QUERY'],
    ['Kerberos, which pg does not know', message('R', Buffer.from([0, 0, 0, 7])), 'PROBE.AUTH'],
    ['an unknown way to log in', message('R', Buffer.from([0, 0, 0, 99])), 'PROBE.QUERY'],
    ['a login message that is too short', message('R', NOTHING), 'PROBE.QUERY'],
    ['a row before any statement', message('D', Buffer.from([0, 1, 0, 0, 0, 1, 65])), 'PROBE.QUERY'],
    ['zeros', Buffer.alloc(64), 'PROBE.QUERY'],
    ['an error with an unterminated list of fields', message('E', Buffer.from('SFATAL\0')), 'PROBE.QUERY'],
    ['a message of 4 GB', Buffer.from([0x52, 255, 255, 255, 255]), 'PROBE.QUERY'],
  ])('in the login: %s', async (_, garbage, code) => {
    on('R', 1, () => garbage);
    const watching = wire.probe();
    expect(await wire.codes(watching)).toEqual([code]);
    wire.relay.cut();
    await until('the connection is gone', () => wire.relay.open === 0);
    expect(await wire.codes(watching)).toEqual([]);
    expect([wire.relay.sessions, wire.relay.mostAtOnce]).toEqual([2, 1]);
  });

  test.each([
    ['a message of no known type', message('?', Buffer.alloc(7))],
    ['a row with a negative number of columns', message('D', Buffer.from([255, 254]))],
    ['a row that is shorter than its length', message('D', Buffer.from([0, 9, 0, 0, 0, 1]))],
    ['columns that the message does not contain', message('T', Buffer.from([0, 200]))],
    ['a login', message('R', Buffer.from([0, 0, 0, 99]))],
    ['a request for a file', message('G', Buffer.from([0, 0, 0]))],
    ['a row without columns', message('D', Buffer.from([0, 0]))],
    ['no row', NOTHING],
    ['an error without a field', message('E', NOTHING)],
    ['an error with an unterminated list of fields', message('E', Buffer.from('SERROR\0C42601'))],
    ['two messages that are not an error', Buffer.concat([message('N', Buffer.from('M')), message('D', NOTHING)])],
    ['a response above the size limit', Buffer.alloc(17 * 1024 * 1024, message('D', Buffer.alloc(65_536)))],
  ])('after the statement: %s', async (_, garbage) => {
    on('D', 1, () => garbage);
    const watching = wire.probe();
    expect(await wire.codes(watching)).toEqual(['PROBE.QUERY']);
    expect(await wire.codes(watching)).toEqual([]);
    expect(wire.relay.mostAtOnce).toBe(1);
  });
});

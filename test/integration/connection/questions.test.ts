import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { onTurns } from '../../support/clock.js';
import { type Message, NOTHING } from '../../support/relay.js';
import { SHORT, Wire } from '../../support/wire.js';

onTurns();

let wire: Wire;
beforeAll(async () => {
  wire = await Wire.start();
});
afterEach(() => wire.renew());
afterAll(() => wire?.close());

/** Tells clients of a backend that no system has, as PgBouncer does. */
function madeUp({ type, bytes }: Message): Buffer {
  const changed = Buffer.from(bytes);
  if (type === 'K') {
    changed.writeInt32BE(-1_882_418_038, 5);
  }
  return changed;
}

const question = (n: number) => `SELECT ${n} AS n, pg_backend_pid() AS pid`;

test('statements of one question are answered in their order', async () => {
  const { results, isDirect } = await wire
    .session()
    .query(question(1), 'SHOW max_connections', 'SELECT 2 AS n LIMIT 0');
  expect(results).toMatchObject([[{ n: 1 }], [{ max_connections: '100' }], []]);
  expect(isDirect).toBe(true);
});

test('questions at the same time share the connection, and each is given its own answer', async () => {
  const session = wire.session();
  const numbers = [1, 2, 1, 3, 3, 2];
  const answers = await Promise.all(numbers.map((n) => session.query(question(n))));
  expect(answers.map(({ results }) => results[0]?.[0]?.n)).toEqual(numbers);
  expect([wire.relay.sessions, wire.relay.mostAtOnce]).toEqual([1, 1]);
});

test('the same question at the same time is asked once', async () => {
  const session = wire.session();
  await Promise.all([session.query(question(1)), session.query(question(1)), session.query(question(1))]);
  expect(wire.relay.statements).toBe(1);
});

test('what waits behind a pooler answers nobody else, and is not joined by another question', async () => {
  const { relay } = wire;
  const session = wire.session({ isPooled: true });
  relay.toClient.filter = madeUp;
  await session.query(question(1));
  relay.toClient.pause();
  await expect(session.query(question(1))).rejects.toMatchObject({ phase: 'query' });
  await expect(session.query(question(2))).rejects.toMatchObject({ phase: 'query' });
  expect(relay.statements).toBe(2);
  relay.toClient.resume();
  const [second, first] = await Promise.all([session.query(question(2)), session.query(question(1))]);
  expect([first.results[0]?.[0]?.n, second.results[0]?.[0]?.n]).toEqual([1, 2]);
  expect([relay.sessions, relay.cancelRequests]).toEqual([1, 0]);
});

test('a backend that cannot be one tells of a pooler before the first answer: what waits is left waiting', async () => {
  const { relay } = wire;
  relay.toClient.filter = (message) => (message.isAfterQuery ? NOTHING : madeUp(message));
  const session = wire.session();
  const age = () => session.query(question(1)).catch(({ phase, waitedMs }) => (phase === 'query' ? waitedMs : null));
  const [first, second] = [await age(), await age()];
  expect(first).toBeGreaterThan(0);
  expect(second).toBeGreaterThanOrEqual(first + SHORT.queryMs);
  expect([relay.sessions, relay.statements, relay.cancelRequests]).toEqual([1, 1, 0]);
});

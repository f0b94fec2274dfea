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

const statement = (n: number) => `SELECT ${n} AS n, pg_backend_pid() AS pid`;

test('the statements of one query run in their order', async () => {
  const { results, isDirect } = await wire
    .session()
    .query(statement(1), 'SHOW max_connections', 'SELECT 2 AS n LIMIT 0');
  expect(results).toMatchObject([[{ n: 1 }], [{ max_connections: '100' }], []]);
  expect(isDirect).toBe(true);
});

test('concurrent queries share the connection, and each gets its own result', async () => {
  const session = wire.session();
  const numbers = [1, 2, 1, 3, 3, 2];
  const answers = await Promise.all(numbers.map((n) => session.query(statement(n))));
  expect(answers.map(({ results }) => results[0]?.[0]?.n)).toEqual(numbers);
  expect([wire.relay.sessions, wire.relay.mostAtOnce]).toEqual([1, 1]);
});

test('concurrent queries with the same statements run once', async () => {
  const session = wire.session();
  await Promise.all([session.query(statement(1)), session.query(statement(1)), session.query(statement(1))]);
  expect(wire.relay.statements).toBe(1);
});

test('a statement that waits behind a pooler is not the result of another query', async () => {
  const { relay } = wire;
  const session = wire.session({ isPooled: true });
  relay.toClient.filter = madeUp;
  await session.query(statement(1));
  relay.toClient.pause();
  await expect(session.query(statement(1))).rejects.toMatchObject({ phase: 'query' });
  await expect(session.query(statement(2))).rejects.toMatchObject({ phase: 'query' });
  expect(relay.statements).toBe(2);
  relay.toClient.resume();
  const [second, first] = await Promise.all([session.query(statement(2)), session.query(statement(1))]);
  expect([first.results[0]?.[0]?.n, second.results[0]?.[0]?.n]).toEqual([1, 2]);
  expect([relay.sessions, relay.cancelRequests]).toEqual([1, 0]);
});

test('an impossible process id shows a pooler before the first result: the statement stays in its queue', async () => {
  const { relay } = wire;
  relay.toClient.filter = (message) => (message.isAfterQuery ? NOTHING : madeUp(message));
  const session = wire.session();
  const age = () => session.query(statement(1)).catch(({ phase, waitedMs }) => (phase === 'query' ? waitedMs : null));
  const [first, second] = [await age(), await age()];
  expect(first).toBeGreaterThan(0);
  expect(second).toBeGreaterThanOrEqual(first + SHORT.queryMs);
  expect([relay.sessions, relay.statements, relay.cancelRequests]).toEqual([1, 1, 0]);
});

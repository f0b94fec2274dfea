import { Client, type QueryResult } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { allBlocks, type Block, DOCUMENTS } from '../../support/markdown.js';
import { type Pgbouncer, startPgbouncer } from '../../support/pgbouncer.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';

const ROLES = ['pool_health', 'app'];
const blocks = allBlocks();

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.close());

/** As they are before a document begins; a role that a document makes is not there yet. */
async function freshRoles(text: string): Promise<void> {
  for (const role of ROLES) {
    await server.sql(`DROP ROLE IF EXISTS ${role}`);
    if (!text.includes(`CREATE ROLE ${role} `)) {
      await server.createRole(role);
    }
  }
}

async function run({ text }: Block, client: Client): Promise<QueryResult[]> {
  const results = await client.query(text);
  return Array.isArray(results) ? results : [results];
}

describe('SQL runs as it stands, in the order of its document, as superuser', () => {
  const withSql = DOCUMENTS.map(
    (file) => [file, blocks.filter((block) => block.file === file && kind(block) === 'sql')] as const,
  );

  it.each(withSql.filter(([, sql]) => sql.length > 0))('%s', async (_, sql) => {
    await freshRoles(sql.map(({ text }) => text).join(''));
    const client = await server.connect();
    for (const block of sql) {
      await expect(run(block, client), `line ${block.line}`).resolves.not.toEqual([]);
    }
    await client.end();
  });
});

describe('what the runbook asks', () => {
  const sql = blocks.filter((block) => block.file === 'docs/runbook.md' && kind(block) === 'sql');
  const [holders, slots, blocked, free] = sql as [Block, Block, Block, Block];
  let client: Client;
  beforeEach(async () => {
    await freshRoles('');
    client = await server.connect();
  });

  it('shows who holds the connections, and the slots', async () => {
    const sessions = await server.open(3, 'idle in transaction', { user: 'app', applicationName: 'web' });
    const [held] = await run(holders, client);
    const [forClients, users] = await run(slots, client);
    await sessions.close();
    await client.end();
    expect(held?.rows).toContainEqual(
      expect.objectContaining({ usename: 'app', application_name: 'web', state: 'idle in transaction', count: '3' }),
    );
    expect(forClients?.rows).toEqual([{ for_clients: 97 }]);
    expect(users?.rows).toContainEqual({ datname: 'postgres', usename: 'app', count: '3' });
  });

  it('shows who waits for whom, and ends what has done nothing for minutes and nothing else', async () => {
    await server.sql('CREATE TABLE IF NOT EXISTS shelf (id int)');
    const holder = await server.connect({ applicationName: 'holder' });
    await holder.query('BEGIN; LOCK TABLE shelf');
    const waiter = await server.connect({ applicationName: 'waiter' });
    const waiting = waiter.query('BEGIN; LOCK TABLE shelf').catch(() => undefined);
    await expect.poll(async () => (await run(blocked, client))[0]?.rows.length).toBe(1);
    expect((await run(free, client))[0]?.rows).toEqual([]);
    const soon = { ...free, text: free.text.replace("'5 minutes'", "'0 minutes'") };
    expect((await run(soon, client))[0]?.rows).toMatchObject([{ application_name: 'holder' }]);
    await waiting;
    await Promise.all([waiter.end(), client.end()]);
  });
});

describe('PgBouncer', () => {
  let pooler: Pgbouncer | undefined;
  afterAll(() => pooler?.remove());

  it('with the settings of the guide shows its pools to the role of the check', async () => {
    await freshRoles('');
    const [ini] = blocks.filter(({ language }) => language === 'ini');
    const settings = [...(ini?.text ?? '').matchAll(/^(\w+) = (.+)$/gm)].map(([, key, value]) => [key, value]);
    expect(settings).not.toEqual([]);
    pooler = await startPgbouncer(server, { users: ['pool_health'], settings: Object.fromEntries(settings) });
    const console = new Client(pooler.connection({ user: 'pool_health', database: 'pgbouncer' }));
    await console.connect();
    const [asked] = blocks.filter((block) => kind(block) === 'sql pgbouncer');
    for (const command of (asked?.text ?? '').trim().split('\n')) {
      expect((await console.query(command)).rows.length, command).toBeGreaterThan(0);
    }
    await console.end();
  });
});

function kind({ language, mark }: Block): string {
  return `${language} ${mark}`.trim();
}

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../support/cli.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';

/** Everything but the line breaks of the command itself. */
const CONTROL = /(?!\n)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;
/** Sets the title, clears the screen, forges a line, and reads from right to left. */
const HOSTILE = '\u001b]0;title\u0007\u001b[2J\nok  all  \u202e\u009b';

describe('names on a server', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
    await server.createRole(HOSTILE);
    await server.createRole('app', 'IN ROLE pg_monitor');
  });
  afterAll(() => server.close());

  it('come out of doctor as visible escapes, in a statement that works', async () => {
    const sessions = await server.open(1, 'idle in transaction', { user: HOSTILE, applicationName: 'x\u007f' });
    const environment = { DATABASE_URL: server.postgres.url({ user: 'app', database: 'postgres' }) };
    const { out, err } = await runCli(['doctor'], { environment });
    const { out: json } = await runCli(['doctor', '--json'], { environment });
    await sessions.close();
    expect([out, err, json].filter((text) => CONTROL.test(text))).toEqual([]);
    expect(out).not.toMatch(/^ok {2}all/m);
    const [, statement = ''] = /^ +sql: +(ALTER ROLE U&.*;)$/m.exec(out) ?? [];
    expect(JSON.parse(json).findings).toContainEqual(
      expect.objectContaining({ mend: { kind: 'sql', text: statement } }),
    );
    await server.sql(statement);
    const changed = await server.sql(
      'SELECT setconfig FROM pg_db_role_setting JOIN pg_roles r ON r.oid = setrole WHERE rolname = $1',
      [HOSTILE],
    );
    expect(changed).toHaveLength(1);
  });
});

describe('an API that is something else', () => {
  let server: Server;
  let api: string;
  let answer: { status: number; body: string };
  beforeAll(async () => {
    server = createServer((_, response) => {
      response.statusCode = answer.status;
      response.end(answer.body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    answer = { status: 200, body: JSON.stringify(REPORT) };
  });
  afterAll(() => server.close());

  const REPORT = {
    status: 'healthy',
    metrics: { activeConnections: 1, idleConnections: 1, waitingRequests: 0, totalConnections: 2, poolSize: 20 },
    config: { min: 5, max: 20, idleTimeout: 30_000, connectionTimeout: 10_000 },
    utilization: { percent: 10, status: 'normal' },
    timestamp: '2026-01-02T12:00:00.000Z',
    pool: 'orders',
    managedPool: null,
    saturatedLayer: null,
    problems: [],
    ageMs: 1_200,
  };

  it.each([
    ['in a name', 503, { ...REPORT, pool: HOSTILE }],
    ['in a text', 503, { ...REPORT, problems: [{ code: 'x', severity: 'error', layer: 'app', text: HOSTILE }] }],
    ['in a message', 500, { message: HOSTILE }],
  ])('shows no control characters %s', async (_, status, body) => {
    answer = { status, body: JSON.stringify(body) };
    const { code, out, err } = await runCli(['check', '--api', api]);
    expect([out, err].filter((text) => CONTROL.test(text))).toEqual([]);
    expect(code).toBe(1);
  });

  it('puts none into the JSON either, whose value stays', async () => {
    answer.body = JSON.stringify({ ...REPORT, 'more\u009b2J': 1 }, null, '\t').replaceAll('\n', '\r\n');
    const { code, out, err } = await runCli(['check', '--api', api, '--json']);
    expect([out.replaceAll('\t', ''), err].filter((text) => CONTROL.test(text))).toEqual([]);
    expect(JSON.parse(out)).toEqual(JSON.parse(answer.body));
    expect(code).toBe(0);
  });
});

describe('what a user writes', () => {
  const definition = { endpoint: 'h', database: HOSTILE, user: 'u\u202e', auth: { type: 'iam' }, [HOSTILE]: 1 };

  it.each([
    ['a definition', ['config', 'validate', '-'], JSON.stringify(definition), 1],
    ['the name of a pool', ['check', '--api', 'https://api.example', '--pool', '\u009b\u202e'], '', 2],
    ['the name of a role', ['setup', '--user', '\u202ea'], '', 2],
    ['the name of a command', ['\u001b[2J'], '', 2],
  ])('comes out of a mistake without control characters: %s', async (_, args, input, expected) => {
    const { code, out, err } = await runCli(args, { input });
    expect([out, err].filter((text) => CONTROL.test(text))).toEqual([]);
    expect(out + err).not.toBe('');
    expect(code).toBe(expected);
  });
});

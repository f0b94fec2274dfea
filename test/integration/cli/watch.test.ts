import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CLI, cliEnvironment, ROOT, runCli, runHere } from '../../support/cli.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { until } from '../../support/until.js';

const CHECK = 'pool_health';
const LINE = /^\d\d:\d\d:\d\d {2}(un)?healthy +\w+ +[\d.-]+ % of \d+ +active \S+ +idle \S+ +waiting -/;

let server: TestServer;
let environment: Record<string, string>;
beforeAll(async () => {
  server = await startTestServer();
  await server.createCheckRole(CHECK);
  await server.createRole('app');
  await server.createDatabase('shop');
  environment = {
    DATABASE_URL: server.postgres.url({ user: CHECK, database: 'shop' }),
    POOL_HEALTH_SHARED_USER: 'false',
  };
});
afterAll(() => server.close());
const started: ChildProcess[] = [];
afterEach(async () => {
  // The command closes its connections itself; what a failed test left is ended without.
  const left = started.splice(0).filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  for (const { pid } of left) {
    process.kill(-Number(pid), 'SIGKILL');
  }
  await server.gone('sessions of the check', `usename = '${CHECK}'`);
});

/** Starts a shell command in which $WATCH is the command line. */
function shell(command: string) {
  const WATCH = [process.execPath, ...CLI, 'watch', '--interval', '1'].join(' ');
  const env = cliEnvironment({ ...environment, WATCH });
  const child = spawn('sh', ['-c', command], { cwd: ROOT, env, detached: true });
  started.push(child);
  const seen = { child, out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    seen.out += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    seen.err += chunk;
  });
  return seen;
}

describe('watch in a pipe', () => {
  it('is a line for each check, and ends quietly with 0 when head has enough', async () => {
    const seen = shell('{ $WATCH; echo "code $?" >&2; } | head -n 2');
    await once(seen.child, 'close');
    const lines = seen.out.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines.every((line) => LINE.test(line))).toBe(true);
    expect(seen.err).toBe('code 0\n');
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends it with 0', async (signal) => {
    const seen = shell('exec $WATCH');
    await until('a first line', () => seen.out.includes('\n'));
    seen.child.kill(signal);
    const [code] = await once(seen.child, 'close');
    expect([code, seen.err]).toEqual([0, '']);
  });

  it('sees a connection come and go', async () => {
    const seen = shell('exec $WATCH');
    await until('an empty pool', () => seen.out.includes('0.0 % of 10'));
    const sessions = await server.open(3, 'idle', { user: 'app', database: 'shop' });
    await until('three connections', () => seen.out.includes('30.0 % of 10'));
    await sessions.close();
    const before = seen.out.length;
    await until('an empty pool again', () => seen.out.slice(before).includes(' 0.0 % of 10'));
    seen.child.kill('SIGINT');
    await once(seen.child, 'close');
  });

  it('a check that waits for its answer does not delay the end', async () => {
    await server.sql(`ALTER ROLE ${CHECK} SET statement_timeout = 0`);
    const gate = await server.connect();
    const seen = shell('exec $WATCH');
    await until('a first line', () => seen.out.includes('\n'));
    await gate.query('BEGIN; LOCK TABLE pg_catalog.pg_database IN ACCESS EXCLUSIVE MODE');
    await until('the check waits', async () => {
      const rows = await server.sql(
        `SELECT 1 FROM pg_stat_get_activity(null) WHERE application_name = 'pool-health' AND wait_event_type = 'Lock'`,
      );
      return rows.length > 0;
    });
    seen.child.kill('SIGINT');
    const [code] = await once(seen.child, 'close');
    expect(code).toBe(0);
    await gate.end();
  });
});

describe('watch of an API', () => {
  it('an API that is gone is a line like any other, and it goes on', async () => {
    let status = 429;
    const api = createServer((_, response) => {
      response.statusCode = status;
      response.end('{}');
      status = 500;
    }).listen(0, '127.0.0.1');
    await once(api, 'listening');
    const gone = new AbortController();
    let out = '';
    const url = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
    const { code } = await runHere(['watch', '--api', url, '--interval', '1'], {
      gone: gone.signal,
      out: (text) => {
        out += text;
        if (out.includes('500')) {
          gone.abort();
        }
      },
    });
    api.close();
    expect(out).toMatch(
      /^\d\d:\d\d:\d\d {2}unknown {4}the API throttles requests \(429\)[^\n]+\n\d\d[^\n]+500[^\n]+\n$/,
    );
    expect(code).toBe(0);
  });
});

describe('watch on a terminal', () => {
  it('draws on a screen of its own, and gives the old one back with the last line', async () => {
    const gone = new AbortController();
    const written: string[] = [];
    const { code } = await runHere(['watch', '--interval', '1'], {
      environment,
      isInteractive: true,
      gone: gone.signal,
      out: (text) => {
        written.push(text);
        if (written.length === 3) {
          gone.abort();
        }
      },
    });
    const [enter, first = '', second = '', leave, last] = written;
    expect([enter, leave]).toEqual(['\u001b[?1049h\u001b[?25l', '\u001b[?25h\u001b[?1049l']);
    expect(first.startsWith('\u001b[H')).toBe(true);
    expect(first).toContain('local   HEALTHY');
    expect(first).toContain('0.0 % of 10   normal');
    expect(first).toContain('every 1 s, Ctrl-C stops');
    expect(second).toContain('history ▁▁');
    expect(last).toMatch(LINE);
    expect(code).toBe(0);
  });
});

describe('watch on a terminal that is low', () => {
  it.each([5, 1, 24])('with %i lines keeps the verdict in sight, which stands first', async (rows) => {
    const gone = new AbortController();
    const written: string[] = [];
    await runHere(['watch', '--interval', '1'], {
      environment,
      isInteractive: true,
      gone: gone.signal,
      rows,
      out: (text) => {
        written.push(text);
        if (written.length === 2) {
          gone.abort();
        }
      },
    });
    const [, frame = ''] = written;
    expect(frame).toContain('local   HEALTHY');
    // A line more would move the first out of sight.
    expect(frame.split('\n').length).toBeLessThanOrEqual(rows);
  });
});

describe('watch with a mistake', () => {
  it.each(['0', '-1', '1.5', '1e1', 'five', '', '10000'])('an interval of %j is exit code 2', async (interval) => {
    const { code, err } = await runCli(['watch', `--interval=${interval}`], { environment });
    expect(err).toBe('pool-health: --interval must be a whole number of seconds from 1 to 9999\n');
    expect(code).toBe(2);
  });
});

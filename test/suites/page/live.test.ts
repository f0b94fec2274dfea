import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { NpmStart } from '../../support/npm-start.js';
import { type Sessions, startTestServer, type TestServer } from '../../support/postgres.js';
import { CHECK_ROLE } from '../../support/probe.js';
import { startBrowser } from './browser.js';
import { Visit } from './visit.js';

/** The page as `npm start` serves it, in a real browser, over a real PostgreSQL. */

/** A check every five seconds, and the page asks every five: bounds, left as soon as it is there. */
const SOON = { timeout: 40_000, interval: 200 };

let server: TestServer;
let browser: Browser;
let run: NpmStart;
let address: string;
let visit: Visit;

beforeAll(async () => {
  [server, browser] = await Promise.all([startTestServer(), startBrowser()]);
  await server.createDatabase('shop');
  await server.createRole('app');
  await server.createCheckRole(CHECK_ROLE);
  const url = server.postgres.url({ user: CHECK_ROLE, database: 'shop' });
  run = await NpmStart.launch({ environment: { PORT: '0', DATABASE_URL: url, POOL_HEALTH_SHARED_USER: 'false' } });
  address = new URL('/', await run.ready()).href;
});
afterAll(async () => {
  await browser?.close();
  await run?.discard();
  await server?.close();
});

beforeEach(async () => {
  visit = await Visit.start(browser, address);
});
afterEach(async () => {
  expect(visit.complaints).toEqual([]);
  expect(visit.outside).toEqual([]);
  await visit.end();
});

const login = { user: 'app', database: 'shop' };

async function shows(expected: Readonly<Record<string, string | RegExp>>): Promise<void> {
  await vi.waitFor(async () => {
    for (const [selector, text] of Object.entries(expected)) {
      expect(await visit.text(selector)).toMatch(text);
    }
  }, SOON);
}

test('npm start says where the page is', () => {
  expect(run.output).toContain(`The page: ${address.replace(/\/$/, '')}\n`);
});

test('asks where it came from and nowhere else, and for no icon', async () => {
  await shows({ '#headline': /of 10 connections open/, '#history-words': /utilization from/ });
  const routes = new Set(visit.asked.map((path) => path.replace(/\?.*/, '')));
  expect([...routes].sort()).toEqual(['/', '/health/history', '/health/pool']);
});

describe('numbers change when the database changes', () => {
  let sessions: Sessions[] = [];
  afterEach(async () => {
    await Promise.all(sessions.map((each) => each.close()));
    sessions = [];
  });

  test('from a quiet pool to one that fills up to one that is full, and back', async () => {
    await shows({ '#headline': '0 of 10 connections open, 0 active', '#level': 'Healthy', '#percent': '0.0 % normal' });
    sessions.push(await server.open(3, 'active', login), await server.open(4, 'idle', login));
    await shows({
      '#headline': 'The pool is filling up: 7 of 10 connections open, 3 active',
      '#level': 'Warning',
      '#percent': '70.0 % warning',
    });
    expect(await visit.figure('database', 'Active')).toBe('3');
    expect(await visit.figure('database', 'Idle')).toBe('4');
    expect(await visit.figure('database', 'Open connections')).toBe('7 of 10');
    expect(await visit.page.locator('#gauge').getAttribute('aria-valuetext')).toBe('70.0 %, warning');

    sessions.push(await server.open(3, 'idle in transaction', login));
    await shows({
      '#headline': 'The pool is full: 10 of 10 connections open, 6 active',
      '#level': 'Unhealthy',
      '#percent': '100.0 % critical',
      '#live': /^local: Unhealthy\. The pool is full/,
    });
    expect(await visit.figure('app', 'Idle in transaction')).toBe('3');
    expect(await visit.page.title()).toBe(
      "■ local: The pool is full: 10 of 10 connections open, 6 active; limited by the application's settings",
    );

    await Promise.all(sessions.splice(0).map((each) => each.close()));
    await shows({ '#headline': '0 of 10 connections open, 0 active', '#level': 'Healthy' });
    // And the hour remembers.
    await shows({ '#history-words': /from 0\.0 % to 100\.0 %, above 90 % for/ });
    await visit.page.locator('summary').click();
    expect(await visit.text('#history-rows')).toContain('100.0 %');
  });
});

describe('the database is stopped and comes back', () => {
  afterAll(async () => {
    // The test has failed before it did so itself. A second start of a running server would fail.
    if (server.postgres.pid === null) {
      await server.postgres.start();
    }
  });

  test('the page says so, with what to do, keeps no number, and recovers by itself', async () => {
    await shows({ '#headline': /of 10 connections open/ });
    await server.postgres.kill();
    await shows({
      '#headline': /^The database (cannot be reached|closed the connection)/,
      '#level': 'Unhealthy',
      '#percent': 'unknown',
    });
    await shows({ '#problems': /PROBE\.UNREACHABLE[\s\S]*Check that the server runs/ });
    expect(await visit.figure('database', 'Active')).toBe('unknown');
    expect(await visit.figure('database', 'Open connections')).toBe('unknown of 10');
    expect(await visit.page.locator('#gauge').getAttribute('aria-label')).toBe('Utilization is unknown');
    await shows({ '#history-words': /unknown for/ });

    await server.postgres.start();
    await shows({ '#headline': /of 10 connections open/, '#problems': 'None.', '#level': 'Healthy' });
  });
});

test('pool-health itself is gone: what is shown is called old and turns grey, and the page recovers when it is back', async () => {
  await shows({ '#headline': /of 10 connections open/ });
  await visit.page.route('**/health/**', (route) => route.abort());
  await shows({
    '#headline': /^No answer since \d\d:\d\d:\d\d$/,
    '#note': /Last known state: .* of 10 connections open/,
  });
  expect(await visit.text('#level')).toBe('Unknown');
  expect(await visit.page.locator('body').getAttribute('class')).toBe('stale');
  expect(await visit.violations()).toEqual([]);
  await visit.page.unroute('**/health/**');
  await shows({ '#headline': /of 10 connections open/, '#level': 'Healthy' });
  expect(await visit.page.locator('body').getAttribute('class')).toBe('');
});

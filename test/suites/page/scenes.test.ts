import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { startBrowser } from './browser.js';
import { StandIn } from './fake-api.js';
import { SCENES, type SceneName } from './scenes.js';
import { Visit } from './visit.js';

/**
 * The page in states that a test cannot bring about with a real database at will: layout, many pools, figures of RDS Proxy,
 * answers that fail. A stand-in serves the page itself, and reports that are judged as they would be.
 */

const SOON = { timeout: 20_000, interval: 50 };
const NAMES = Object.keys(SCENES) as SceneName[];

let browser: Browser;
let standIn: StandIn;
let visit: Visit;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());

beforeEach(async () => {
  standIn = await StandIn.start(SCENES.warning);
});
afterEach(async () => {
  expect(visit.complaints).toEqual([]);
  expect(visit.outside).toEqual([]);
  await visit.end();
  await standIn.close();
});

async function open(scene: SceneName, options: BrowserContextOptions = {}, path = ''): Promise<void> {
  standIn.scene = SCENES[scene];
  visit = await Visit.start(browser, standIn.url + path, options);
  await visit.page.locator('#figures').waitFor();
  await visit.page.locator(scene === 'no-history' ? '#history-note' : '#connections-chart canvas').waitFor();
}

/** Every pool in the list, as it is read: mark, name, figures. */
async function list(): Promise<string[]> {
  return (await visit.page.locator('#pool-list a').allInnerTexts()).map((text) => text.replace(/\s+/g, ' '));
}

describe.each(NAMES)('stand-in "%s"', (scene) => {
  test.each(['light', 'dark'] as const)('has no violation that axe-core finds, %s', async (colorScheme) => {
    await open(scene, { colorScheme });
    expect(await visit.violations()).toEqual([]);
  });

  test.each([
    ['a small phone', 320, 568],
    ['a phone on its side', 740, 360],
    ['a tablet', 820, 1180],
    ['a wall', 1920, 1080],
  ])('needs no scrolling to the side on %s', async (_, width, height) => {
    await open(scene, { viewport: { width, height } });
    expect(await visit.overflow()).toBe(0);
  });
});

describe('what it says (stand-in)', () => {
  test.each([
    ['full', 'Unhealthy', 'PgBouncer is full: 20 of 20 connections in use, 13 waiting, the first for 1.2 s'],
    ['healthy', 'Healthy', '7 of 20 connections open, 3 active, none waiting'],
    ['database-down', 'Unhealthy', 'The database cannot be reached: nothing accepts connections at its address'],
    [
      'over',
      'Unhealthy',
      "The pool is full: 26 of 20 connections open, 4 active; limited by the application's settings",
    ],
  ] as const)('%s', async (scene, level, headline) => {
    await open(scene);
    expect([await visit.text('#level'), await visit.text('#headline')]).toEqual([level, headline]);
  });

  test('which layer is full, in words and not by colour alone', async () => {
    await open('full');
    expect(await visit.text('#layer-managed h3')).toMatch(/PgBouncer\s*■ full/);
    expect(await visit.text('#layer-database h3')).not.toContain('full');
  });

  test('how old the figures of an RDS Proxy are, and that it counts no queue', async () => {
    await open('rds-proxy');
    expect(await visit.text('#layer-managed h3')).toMatch(/^RDS Proxy\s*9\d s ago$/);
    expect(await visit.figure('managed', 'Waiting clients')).toBe('not counted');
    expect(await visit.figure('managed', 'Mean wait')).toBe('180 ms');
    expect(await visit.text('#problems')).toContain('MANAGED.PINNED');
  });

  test('that a gauge beyond its end is beyond it', async () => {
    await open('over');
    const gauge = visit.page.locator('#gauge');
    expect(await gauge.getAttribute('aria-valuenow')).toBe('130');
    expect(await gauge.getAttribute('aria-valuemax')).toBe('130');
    const full = await visit.page.locator('#full-line').boundingBox();
    const whole = await gauge.boundingBox();
    expect(Math.round(((Number(full?.x) - Number(whole?.x)) / Number(whole?.width)) * 130)).toBe(100);
  });

  test('that the history is not there, with what to do, while all else is', async () => {
    await open('no-history');
    expect(await visit.text('#history-note')).toMatch(/^History unavailable: .*GetMetricData/);
    expect(await visit.page.locator('#charts').isVisible()).toBe(false);
    expect(await visit.text('#headline')).toContain('7 of 20 connections open');
  });

  test('gaps as unknown, in the table that stands for the chart', async () => {
    await open('database-down');
    await visit.page.locator('summary').click();
    const rows = await visit.page.locator('#history-rows tr').allInnerTexts();
    expect(rows.length).toBeGreaterThanOrEqual(12);
    expect(rows[0]).toMatch(/unknown\s+unknown\s+unknown\s+unknown$/);
    expect(await visit.text('#history-words')).toMatch(/unhealthy for 6 min, unknown for 6 min\.$/);
  });
});

describe('the charts (stand-in)', () => {
  const ACTIVE = [28, 93, 159] as const;
  const UNHEALTHY = [179, 38, 30] as const;

  test('have a gap where nothing is known, not a line at 0', async () => {
    await open('database-down', { viewport: { width: 1280, height: 900 } });
    // Six minutes of sixty, at the right.
    expect(await visit.ink('#connections-chart', ACTIVE, 0.2, 0.8)).toBeGreaterThan(100);
    expect(await visit.ink('#connections-chart', ACTIVE, 0.9, 1)).toBe(0);
  });

  test('mark when the pool was unhealthy, also where its utilization is not known', async () => {
    await open('database-down', { viewport: { width: 1280, height: 900 } });
    expect(await visit.ink('#utilization-chart', UNHEALTHY, 0.9, 1)).toBeGreaterThan(50);
    expect(await visit.ink('#utilization-chart', UNHEALTHY, 0, 0.8)).toBe(0);
  });

  test('are drawn anew when the pool is another one', async () => {
    await open('many-pools', { viewport: { width: 1280, height: 900 } });
    standIn.scene = { ...SCENES['many-pools'], history: () => ({ Healthy: 0 }) };
    await visit.page.locator('#pool-list a').filter({ hasText: 'payments' }).click();
    await vi.waitFor(
      async () =>
        expect(await visit.text('#history-words')).toBe(
          'Last hour: unhealthy for 60 min, utilization unknown for 60 min.',
        ),
      SOON,
    );
    await vi.waitFor(
      async () => expect(await visit.ink('#utilization-chart', UNHEALTHY, 0.2, 0.8)).toBeGreaterThan(100),
      SOON,
    );
    expect(await visit.ink('#connections-chart', ACTIVE, 0, 1)).toBe(0);
  });
});

describe('many pools (stand-in)', () => {
  test('are listed by trouble, and the worst is shown', async () => {
    await open('many-pools');
    expect(await visit.text('#pools-title')).toBe('25 pools: 2 unhealthy, 1 warning');
    const [first, ...pools] = await list();
    expect(first).toContain('Worst pool');
    expect(pools).toHaveLength(25);
    expect(pools[0]).toMatch(/■ orders 100\.0 % unhealthy/);
    expect(pools[1]).toMatch(/■ carts unknown unhealthy/);
    expect(pools[2]).toMatch(/▲ payments 75\.0 % warning/);
    expect(await visit.text('#pool')).toBe('orders, the worst of 25 pools');
  });

  test('begin with a full pool that cannot be seen, which is the one shown', async () => {
    await open('full-unseen');
    expect((await list()).slice(1)).toEqual([
      expect.stringMatching(/■ z-full full unhealthy/),
      expect.stringMatching(/■ busy 95\.0 % unhealthy/),
      expect.stringMatching(/■ a-down unknown unhealthy/),
    ]);
    expect(await visit.text('#pool')).toBe('z-full, the worst of 3 pools');
  });

  test('one of them is reached by the keyboard alone, and the way back too', async () => {
    await open('many-pools');
    // The runbook, the worst pool, the first of the list, and then the one.
    for (let pressed = 0; pressed < 4; pressed += 1) {
      await visit.page.keyboard.press('Tab');
    }
    expect(await visit.focused()).toMatch(/carts/);
    await visit.page.keyboard.press('Enter');
    await vi.waitFor(async () => expect(await visit.text('#headline')).toMatch(/did not answer in time/), SOON);
    expect(await visit.text('#pool')).toBe('carts');
    expect(await visit.page.locator('#pool-list a[aria-current]').innerText()).toMatch(/carts/);
    // The list was drawn anew, and the focus is where it was.
    expect(await visit.focused()).toMatch(/carts/);
    await visit.page.keyboard.press('Shift+Tab');
    await visit.page.keyboard.press('Shift+Tab');
    await visit.page.keyboard.press('Enter');
    await vi.waitFor(async () => expect(await visit.text('#pool')).toBe('orders, the worst of 25 pools'), SOON);
  });

  test('one of them has an address of its own', async () => {
    await open('many-pools', {}, '#payments');
    await vi.waitFor(async () => expect(await visit.text('#pool')).toBe('payments'), SOON);
    expect(visit.asked).toContain('/health/pool/payments');
    expect(visit.asked).toContain('/health/history?pool=payments');
  });

  test('one that is not there is said so, and the others are in reach', async () => {
    standIn.scene = SCENES['many-pools'];
    visit = await Visit.start(browser, `${standIn.url}#nobody`);
    await vi.waitFor(async () => expect(await visit.text('#note')).toBe('There is no such pool'), SOON);
    expect(await visit.text('#headline')).toBe('No answer from pool-health yet');
    expect(await visit.page.locator('#figures').isVisible()).toBe(false);
    await visit.page.locator('#pool-list a').filter({ hasText: 'payments' }).click();
    await vi.waitFor(async () => expect(await visit.text('#pool')).toBe('payments'), SOON);
    await vi.waitFor(async () => expect(await visit.text('#headline')).toContain('15 of 20'), SOON);
  });

  test('one that was only added in SSM has no history yet, and says so', async () => {
    await open('many-pools');
    await visit.page.route('**/health/history?pool=payments', (route) => route.fulfill({ status: 404, json: {} }));
    await visit.page.locator('#pool-list a').filter({ hasText: 'payments' }).click();
    await vi.waitFor(async () => {
      expect(await visit.text('#history-note')).toBe('This pool has no history yet.');
    }, SOON);
  });
});

describe('answers that fail (stand-in)', () => {
  test('before the first answer nothing is claimed', async () => {
    standIn.status = 502;
    visit = await Visit.start(browser, standIn.url);
    await vi.waitFor(async () => {
      expect(await visit.text('#headline')).toBe('No answer from pool-health yet');
      expect(await visit.text('#note')).toBe('pool-health answered with status 502');
    }, SOON);
    expect(await visit.page.locator('#figures').isVisible()).toBe(false);
    expect(await visit.violations()).toEqual([]);
  });

  test('a page that is told it asks too often asks less and less, and goes on as before when it is answered', async () => {
    standIn.status = 429;
    visit = await Visit.start(browser, standIn.url, {}, (page) => page.clock.install());
    const asks = () => standIn.asked.get('GET /health/pool') ?? 0;
    await vi.waitFor(() => expect(asks()).toBe(1), SOON);
    const asksIn = async (seconds: number) => {
      const before = asks();
      for (let second = 0; second < seconds; second += 1) {
        await visit.page.clock.runFor(1_000);
      }
      return asks() - before;
    };
    await vi.waitFor(
      async () => expect(await visit.text('#note')).toBe('Too many requests: the page now polls less often'),
      SOON,
    );
    expect(await asksIn(130)).toBeLessThanOrEqual(5);
    standIn.status = null;
    await asksIn(61);
    await vi.waitFor(async () => expect(await visit.text('#headline')).toContain('15 of 20'), SOON);
    expect(await asksIn(60)).toBeGreaterThanOrEqual(6);
  });

  test('a tab that is hidden asks nothing, and asks at once when it is seen again', async () => {
    visit = await Visit.start(browser, standIn.url, {}, (page) => page.clock.install());
    await vi.waitFor(async () => expect(await visit.text('#headline')).toContain('15 of 20'), SOON);
    await visit.hide(true);
    const before = visit.asked.length;
    await visit.page.clock.runFor(120_000);
    expect(visit.asked.length).toBe(before);
    standIn.scene = SCENES.full;
    await visit.hide(false);
    await vi.waitFor(async () => expect(await visit.text('#headline')).toContain('PgBouncer is full'), SOON);
  });
});

describe('the runbook', () => {
  const openRunbook = async (options: BrowserContextOptions = {}) => {
    visit = await Visit.start(browser, `${standIn.url}health/runbook#heartbeat`, options);
  };

  test.each(['light', 'dark'] as const)('has no violation that axe-core finds, %s', async (colorScheme) => {
    await openRunbook({ colorScheme });
    expect(await visit.violations()).toEqual([]);
  });

  test('needs no scrolling to the side on a small phone', async () => {
    await openRunbook({ viewport: { width: 320, height: 568 } });
    expect(await visit.overflow()).toBe(0);
  });

  test('opens at the entry of the alarm, leads to the command that the entry names, and to the page and back', async () => {
    await openRunbook({ viewport: { width: 390, height: 844 } });
    const top = (id: string) => visit.page.evaluate(`document.getElementById('${id}').getBoundingClientRect().top`);
    const isInView = async (id: string) => Math.abs(Number(await top(id))) < 844;
    expect(await isInView('heartbeat')).toBe(true);
    expect(await isInView('act-now')).toBe(false);
    await visit.page.locator('#heartbeat ~ p a[href="#command-holders"]').first().click();
    expect(await isInView('command-holders')).toBe(true);
    await visit.page.getByRole('link', { name: 'Pools now' }).click();
    await vi.waitFor(async () => expect(await visit.text('#headline')).toContain('15 of 20'), SOON);
    await visit.page.getByRole('link', { name: 'Runbook' }).click();
    await vi.waitFor(() => expect(new URL(visit.page.url()).pathname).toBe('/health/runbook'), SOON);
  });
});

test('works under any path (stand-in behind another)', async () => {
  const { origin } = new URL(standIn.url);
  visit = await Visit.start(browser, `${origin}/prod/tools/health`, {}, (page) =>
    page.route('**/prod/tools/**', async (route) => {
      const response = await route.fetch({ url: route.request().url().replace('/prod/tools', '') });
      await route.fulfill({ response });
    }),
  );
  await vi.waitFor(async () => expect(await visit.text('#headline')).toContain('15 of 20'), SOON);
  await visit.page.locator('#connections-chart canvas').waitFor();
  expect(new Set(visit.asked.map((path) => path.replace(/\?.*/, '')))).toEqual(
    new Set(['/prod/tools/health', '/prod/tools/health/pool', '/prod/tools/health/history']),
  );
});

test('follows the change from light to dark while it is open (stand-in)', async () => {
  await open('warning', { colorScheme: 'light' });
  const background = () => visit.page.evaluate('getComputedStyle(document.body).backgroundColor');
  expect(await background()).toBe('rgb(255, 255, 255)');
  await visit.page.emulateMedia({ colorScheme: 'dark' });
  await vi.waitFor(async () => expect(await background()).toBe('rgb(14, 18, 23)'), SOON);
});

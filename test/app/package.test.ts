import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Shop } from '../support/shop.js';
import { until } from '../support/until.js';

/** What an application sees that imports `pool-health/app`, in a process of its own. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
let shop: Shop;
beforeAll(async () => {
  shop = await Shop.open();
});
afterAll(() => shop?.close());

async function run(code: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', code],
    { cwd: ROOT, env: { ...process.env, NODE_ENV: 'test', DATABASE_URL: shop.url }, timeout: 30_000 },
  );
  return stdout.trim().split('\n');
}

describe('a script that imports pool-health/app', () => {
  const WORK = `
    import { createPool, prometheusText } from 'pool-health/app';
    const pool = createPool();
    await pool.warm();
    await Promise.all(Array.from({ length: 20 }, () => pool.query('SELECT 1')));`;

  test('logs its settings, and ends by itself although min connections stay open', async () => {
    const [settings, ...rest] = await run(`${WORK} console.log(pool.snapshot().open);`);
    expect(settings).toBe('Pool "default" (test): min 1, max 5, idleTimeout 5000 ms, connectionTimeout 3000 ms');
    expect(rest).toEqual(['5']);
    await until('the server has forgotten it', async () => (await shop.sessions()).total === 0);
  });

  test('leaves nothing behind that keeps the process alive when it ends the pool', async () => {
    const lines = await run(`${WORK}
      await pool.end();
      console.log(process.getActiveResourcesInfo().filter((name) => /TCP|Timeout/.test(name)).length);`);
    expect(lines.at(-1)).toBe('0');
    expect(JSON.parse(lines.at(-2) ?? '')).toMatchObject({ Pool: 'default', AppOpen: 5, AppWaiting: 15 });
  });
});

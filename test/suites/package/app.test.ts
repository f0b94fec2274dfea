import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Shop } from '../../support/shop.js';
import { until } from '../../support/until.js';
import { UserProject } from './user-project.js';
import { COMES_ALONG, STRICT } from './what-comes-along.js';

/** An application that imports `pool-health/app`, and has neither the CDK nor Prisma. */

const SETTINGS = 'Pool "default" (test): min 1, max 5, idleTimeout 5000 ms, connectionTimeout 3000 ms';
const WORK = `
  const pool = createPool();
  await pool.warm();
  await Promise.all(Array.from({ length: 20 }, () => pool.query('SELECT 1')));`;

let project: UserProject;
let shop: Shop;
beforeAll(async () => {
  [project, shop] = await Promise.all([
    UserProject.install({ type: 'module', packages: ['typescript', '@types/node'] }),
    Shop.open(),
  ]);
});
afterAll(async () => {
  project?.remove();
  await shop?.close();
});

/** The lines that a program writes. */
async function lines(...args: string[]): Promise<string[]> {
  const environment = { NODE_ENV: 'test', DATABASE_URL: shop.url };
  return (await project.succeed(process.execPath, args, environment)).trim().split('\n');
}

describe('an application that has installed pool-health', () => {
  test('has got pg and the adapter of Prisma, not the CDK, not Prisma, nothing that builds', () => {
    const own = /^(typescript$|@typescript\/)/;
    expect(project.installed.filter((name) => !own.test(name))).toEqual(COMES_ALONG);
  });

  test.each([
    ['NodeNext', 'NodeNext'],
    ['ESNext', 'Bundler'],
  ])(
    'in TypeScript, %s with %s: compiles at the strictest, and the program works',
    async (module, moduleResolution) => {
      const compilerOptions = { ...STRICT, module, moduleResolution };
      project.write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['program.ts'] }));
      project.write(
        'program.ts',
        `import { type AppPool, buildDatabaseUrl, createPool, InvalidPoolOptions, type PoolOptions } from 'pool-health/app';
      const options: PoolOptions = { settings: { max: 3 }, writeMetrics: null, logger: { info() {}, warn: console.warn } };
      const pool: AppPool = createPool(options);
      const { rows } = await pool.query<{ one: number }>('SELECT 1 AS one');
      const size: number = pool.snapshot().size;
      // @ts-expect-error a number
      const text: string = size;
      console.log(rows[0]?.one, size, new URL(buildDatabaseUrl()).searchParams.get('connection_limit'));
      await pool.end();
      try {
        createPool({ ...options, settings: { max: 0 } });
      } catch (error) {
        console.log(error instanceof InvalidPoolOptions && error.message);
      }`,
      );
      expect(await project.succeed('npx', ['tsc'])).toBe('');
      expect(await lines('out/program.js')).toEqual([
        '1 3 5',
        'Invalid pool options: settings.max must be a whole number >= 1, received 0',
      ]);
    },
  );

  test('in an ES module: logs its settings, and ends by itself although min connections stay open', async () => {
    project.write(
      'program.mjs',
      `import { createPool, prometheusText } from 'pool-health/app';
      ${WORK}
      console.log(pool.snapshot().open, prometheusText([pool.snapshot()]).includes('prisma_pool_connections_open'));`,
    );
    expect(await lines('program.mjs')).toEqual([SETTINGS, '5 true']);
    await until('the server has forgotten it', async () => (await shop.sessions()).total === 0);
  });

  test('in CommonJS: leaves nothing behind that keeps the process alive when it ends the pool', async () => {
    project.write(
      'program.cjs',
      `const { createPool } = require('pool-health/app');
      (async () => {
        ${WORK}
        await pool.end();
        console.log(process.getActiveResourcesInfo().filter((name) => /TCP|Timeout/.test(name)).length);
      })();`,
    );
    const written = await lines('program.cjs');
    expect(written.at(-1)).toBe('0');
    expect(JSON.parse(written.at(-2) ?? '')).toMatchObject({ Pool: 'default', AppOpen: 5, AppWaiting: 15 });
  });

  test.each(['esm', 'cjs'] as const)('bundled into one file as for Lambda, as %s: works alone', async (format) => {
    const outfile = join(project.folder, 'bundled', format === 'esm' ? 'handler.mjs' : 'handler.cjs');
    project.write(
      'handler.mjs',
      `import { createPool } from 'pool-health/app';
      const pool = createPool({ writeMetrics: null });
      pool.query('SELECT 2 AS two').then(({ rows }) => console.log(rows[0].two)).finally(() => pool.end());`,
    );
    await build({
      entryPoints: [join(project.folder, 'handler.mjs')],
      outfile,
      format,
      bundle: true,
      platform: 'node',
      external: ['pg-native'],
      logLevel: 'error',
      // What bundles of ES modules need for every package of CommonJS, pg among them.
      ...(format === 'esm' && {
        banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
      }),
    });
    expect(await lines(outfile)).toEqual([SETTINGS, '2']);
  });
});

describe('the command, installed', () => {
  const database = () => ({ DATABASE_URL: shop.url, NO_COLOR: '1' });

  test('says what it can do', async () => {
    const help = await project.succeed('npx', ['--no', '--', 'pool-health', '--help']);
    expect(help).toContain('Usage: pool-health [options] [command]');
  });

  test('checks a database', async () => {
    await shop.server.sql('GRANT pg_monitor TO shop');
    const out = await project.succeed('npx', ['--no', '--', 'pool-health', 'check', '--json'], database());
    expect(JSON.parse(out)).toMatchObject({ status: 'healthy', problems: [] });
  });

  test('says a mistake on one line, with the exit code of one', async () => {
    const { code, err } = await project.run('npx', ['--no', '--', 'pool-health', 'check', '--nonsense']);
    expect(err).toContain('--nonsense');
    expect(code).toBe(2);
  });
});

import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Shop } from '../../support/shop.js';
import { ROOT } from '../../tools/root.js';
import { UserProject } from './user-project.js';

/** Applications with Prisma, or with other versions of what they share with the package. */

let shop: Shop;
let project: UserProject | undefined;
beforeAll(async () => {
  shop = await Shop.open();
});
afterEach(() => project?.remove());
afterAll(() => shop?.close());

const environment = () => ({ NODE_ENV: 'test', DATABASE_URL: shop.url });

describe('an application with Prisma', () => {
  test('has one pool under its own client, typed as its own', async () => {
    const packages = ['typescript', '@types/node', '@prisma/client', '@prisma/adapter-pg'];
    project = await UserProject.install({ type: 'module', packages });
    cpSync(join(ROOT, 'test/integration/app/generated'), join(project.folder, 'generated'), { recursive: true });
    const compilerOptions = { strict: true, target: 'ES2022', module: 'NodeNext', types: ['node'], outDir: 'out' };
    project.write('tsconfig.json', JSON.stringify({ compilerOptions }));
    project.write(
      'program.ts',
      `import { createPool, createPrismaAdapter, createPrismaClient } from 'pool-health/app';
      import { PrismaClient } from './generated/client.js';
      const prisma = createPrismaClient({ PrismaClient, writeMetrics: null, logger: { info() {}, warn() {} } });
      const { name }: { name: string } = await prisma.product.create({ data: { name: 'pear' } });
      console.log(name, prisma.$pool.snapshot().open);
      await prisma.$disconnect();
      const pool = createPool({ writeMetrics: null, logger: { info() {}, warn() {} } });
      const own = new PrismaClient({ adapter: createPrismaAdapter(pool) });
      console.log(await own.product.count(), pool.snapshot().open);
      await own.$disconnect();
      await pool.end();`,
    );
    expect(await project.succeed('npx', ['tsc'])).toBe('');
    expect(await project.succeed(process.execPath, ['out/program.js'], environment())).toBe('pear 1\n1 1\n');
  });
});

describe('an application with the oldest versions that are allowed', () => {
  test('has one copy of each, and they work together', async () => {
    const versions = { pg: '8.16.3', '@prisma/adapter-pg': '7.0.0' };
    project = await UserProject.install({ packages: [], versions });
    project.write(
      'program.cjs',
      `const { createPool, createPrismaAdapter } = require('pool-health/app');
      (async () => {
        const pool = createPool({ writeMetrics: null, logger: { info() {}, warn() {} } });
        const adapter = await createPrismaAdapter(pool).connect();
        const { rows } = await adapter.queryRaw({ sql: 'SELECT 7 AS seven', args: [], argTypes: [] });
        console.log(rows[0][0], pool.snapshot().open, pool.constructor.name, require('pg/package.json').version);
        await pool.end();
      })();`,
    );
    expect(await project.succeed(process.execPath, ['program.cjs'], environment())).toBe('7 1 AppPool 8.16.3\n');
    expect(await project.run('find', ['node_modules/pool-health/node_modules'])).toMatchObject({ out: '' });
  });
});

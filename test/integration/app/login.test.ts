import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { serverAccount } from '../../../functions/dev/embedded-postgres/binaries.js';
import { giveTo } from '../../../functions/dev/embedded-postgres/init-database.js';
import { backendsOf } from '../../support/backends.js';
import { authority, type Certificate, issue } from '../../support/certificates.js';
import { onTurns } from '../../support/clock.js';
import { Shop } from '../../support/shop.js';
import { until } from '../../support/until.js';

onTurns();

let shop: Shop;
beforeAll(async () => {
  shop = await Shop.open();
});
afterEach(() => shop.reset());
afterAll(() => shop?.close());

describe('a password function', () => {
  test('is called for each new connection, and replaces the password of the URL', async () => {
    let asked = 0;
    const password = async () => {
      asked += 1;
      return shop.server.postgres.password;
    };
    const url = shop.server.postgres.url({ user: 'shop', database: 'shop', password: 'that of the URL' });
    const pool = shop.pool({ connectionString: url, password, settings: { min: 1, max: 3 } });
    await Promise.all([1, 2, 3, 4].map(() => pool.query('SELECT 1')));
    expect(asked).toBe(3);
    await shop.server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop'");
    await until('they are lost', () => pool.totalCount === 0);
    await pool.query('SELECT 1');
    expect(asked).toBe(4);
  });

  test('fails only the request if it rejects', async () => {
    let isBroken = true;
    const password = () =>
      isBroken ? Promise.reject(new Error('no token today')) : Promise.resolve(shop.server.postgres.password);
    const client = shop.client({ password });
    await expect(client.product.count()).rejects.toThrow('no token today');
    await until('its login has left the server', () => backendsOf(shop.server.postgres.pid ?? 0, 'shop').length === 0);
    isBroken = false;
    expect(await client.product.count()).toBe(0);
    expect(client.$pool.snapshot().totals).toMatchObject({ acquireFailures: 1, acquires: 1 });
  });
});

test('sessions have the application name of the pool', async () => {
  const pool = shop.pool({ applicationName: 'till' });
  const { rows } = await pool.query("SELECT current_setting('application_name') AS name");
  expect(rows).toEqual([{ name: 'till' }]);
});

test('the schema of the URL is the schema of Prisma', async () => {
  const admin = await shop.server.connect({ database: 'shop' });
  await admin.query('CREATE SCHEMA sales AUTHORIZATION shop; CREATE TABLE sales."Product" (LIKE public."Product")');
  await admin.query(`INSERT INTO sales."Product" VALUES (1, 'wine', 1); ALTER TABLE sales."Product" OWNER TO shop`);
  await admin.end();
  expect(await shop.client({ connectionString: `${shop.url}?schema=sales` }).product.count()).toBe(1);
  expect(await shop.client().product.count()).toBe(0);
});

test('a connection that breaks while in use fails its statement, not the process', async () => {
  const pool = shop.pool();
  const client = await pool.connect();
  const gone = new Promise<void>((resolve) => client.once('end', resolve));
  await shop.server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop'");
  await gone;
  await expect(client.query('SELECT 1')).rejects.toThrow();
  client.release();
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  expect(pool.snapshot()).toMatchObject({ open: 1, busy: 0 });
});

describe('TLS', () => {
  let ours: Certificate;
  let caFile: string;
  beforeAll(async () => {
    ours = await authority('our authority');
    const { cert, key } = await issue({ by: ours, ip: '127.0.0.1' });
    const data = join(shop.server.postgres.directory, 'data');
    for (const [name, text] of [
      ['server.crt', cert],
      ['server.key', key],
    ] as const) {
      writeFileSync(join(data, name), text, { mode: 0o600 });
      giveTo(serverAccount(), join(data, name));
    }
    caFile = join(shop.server.postgres.directory, 'ca.pem');
    writeFileSync(caFile, ours.cert);
    await shop.server.sql('ALTER SYSTEM SET ssl = on');
    await shop.server.postgres.stop();
    await shop.server.postgres.start();
  });

  test('is verified with the authority that sslrootcert names, for all concurrent requests', async () => {
    const client = shop.client({
      connectionString: `${shop.url}?sslmode=verify-full&sslrootcert=${encodeURIComponent(caFile)}`,
      settings: { min: 1, max: 2 },
    });
    const counts = await Promise.all(Array.from({ length: 5 }, () => client.product.count()));
    expect(counts).toEqual([0, 0, 0, 0, 0]);
    const rows = await shop.server.sql(
      "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'shop'",
    );
    expect(rows).toEqual([{ ssl: true }]);
    expect(client.$pool.snapshot().totals).toMatchObject({ opened: 2, waits: 3 });
  });

  test('is required, and the server is refused without that authority', async () => {
    const pool = shop.pool({ connectionString: `${shop.url}?sslmode=verify-full` });
    await expect(pool.query('SELECT 1')).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    expect(await shop.sessions()).toMatchObject({ total: 0 });
  });
});

import { Client } from 'pg';
import type { PoolOptions } from '../../functions/app/options.js';
import { type AppPool, createPool } from '../../functions/app/pool.js';
import { createPrismaClient, type PooledClient } from '../../functions/app/prisma.js';
import { PrismaClient } from '../integration/app/generated/client.js';
import { TABLES } from '../integration/app/tables.js';
import { startTestServer, type TestServer } from './postgres.js';
import { until } from './until.js';

/** An application's database on a server of its own, and the pools of that application. */
export class Shop {
  readonly server: TestServer;
  /** What the pools logged: `info: ...` and `warn: ...`. */
  readonly log: string[] = [];
  /** The lines of metrics they wrote. */
  readonly metrics: string[] = [];
  readonly #ends: (() => Promise<unknown>)[] = [];
  readonly #locks = new Set<() => Promise<void>>();

  private constructor(server: TestServer) {
    this.server = server;
  }

  static async open(): Promise<Shop> {
    const shop = new Shop(await startTestServer());
    await shop.server.createRole('shop');
    await shop.server.createDatabase('shop', 'OWNER shop');
    const client = new Client(shop.server.postgres.connection({ user: 'shop', database: 'shop' }));
    await client.connect();
    await client.query(TABLES);
    await client.end();
    return shop;
  }

  get url(): string {
    return this.server.postgres.url({ user: 'shop', database: 'shop' });
  }

  /** Options of a pool of this shop that depend on nothing around the test. */
  options(changes: PoolOptions = {}): PoolOptions {
    return {
      connectionString: this.url,
      environment: { NODE_ENV: 'test' },
      logger: { info: (text) => this.log.push(`info: ${text}`), warn: (text) => this.log.push(`warn: ${text}`) },
      writeMetrics: (line) => this.metrics.push(line),
      ...changes,
    };
  }

  pool(changes: PoolOptions = {}): AppPool {
    const pool = createPool(this.options(changes));
    this.#ends.push(() => pool.end());
    return pool;
  }

  client(changes: PoolOptions = {}): PooledClient<PrismaClient> {
    const client = createPrismaClient({ PrismaClient, ...this.options(changes) });
    this.#ends.push(() => client.$disconnect());
    return client;
  }

  /** What the server shows of the shop's sessions, as the contract counts them. */
  async sessions(): Promise<{ total: number; active: number; idle: number }> {
    const [row] = await this.server.sql(`
      SELECT count(*)::int AS total, count(*) FILTER (WHERE state <> 'idle')::int AS active,
        count(*) FILTER (WHERE state = 'idle')::int AS idle
      FROM pg_stat_activity WHERE usename = 'shop'`);
    return row as { total: number; active: number; idle: number };
  }

  /** Holds a lock on the products, so that whoever asks for them waits; resolves to what lets it go. */
  async lockProducts(): Promise<() => Promise<void>> {
    const locker = await this.server.connect({ database: 'shop' });
    await locker.query('BEGIN');
    await locker.query('LOCK TABLE "Product" IN ACCESS EXCLUSIVE MODE');
    const unlock = () => locker.end();
    this.#locks.add(unlock);
    return async () => {
      this.#locks.delete(unlock);
      await unlock();
    };
  }

  /** Lets go of locks, ends all pools, waits until the server has forgotten them, empties the tables and the log. */
  async reset(): Promise<void> {
    await Promise.all([...this.#locks].map((unlock) => unlock()));
    this.#locks.clear();
    await Promise.all(this.#ends.splice(0).map((end) => end()));
    this.log.length = 0;
    this.metrics.length = 0;
    await until('the shop has left', async () => (await this.sessions()).total === 0);
    const cleaner = await this.server.connect({ database: 'shop' });
    await cleaner.query('TRUNCATE "Product", "Sale" RESTART IDENTITY');
    await cleaner.end();
  }

  async close(): Promise<void> {
    await this.server?.close();
  }
}

/**
 * `npm run bench:app`: what the application's pool costs beside a bare `pg.Pool`, and Prisma over it beside Prisma over a
 * bare one, on an embedded PostgreSQL. All four take turns in every round; a number is the median of its rounds, in
 * milliseconds. Ratios count: milliseconds are those of this machine at this moment.
 */
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { createPool } from '../../functions/app/pool.js';
import { createPrismaClient } from '../../functions/app/prisma.js';
import { startPostgres } from '../../functions/dev/embedded-postgres/embedded-postgres.js';
import { PrismaClient } from '../integration/app/generated/client.js';
import { TABLES } from '../integration/app/tables.js';
import { spreadOf } from './spread.js';

/** Times that everything connects anew: the system may give one backend a busier processor than another. */
const BLOCKS = 8;
const ROUNDS = 5;
const MAX = 20;
const PRODUCTS = 100;

/** One way to ask the database: its pool, and one query through it. */
interface Way {
  readonly pool: pg.Pool;
  query(index: number): Promise<unknown>;
}

type MakeWay = () => Way;

interface Row {
  readonly what: string;
  /** The reports' figure in milliseconds. */
  readonly figure: number;
  readonly isCold?: true;
  /** How often it is repeated inside one measurement, whose time is divided by it. */
  readonly repeat?: number;
  run(way: Way): Promise<unknown>;
}

const concurrent = (count: number) => (way: Way) =>
  Promise.all(Array.from({ length: count }, (_, index) => way.query(index)));

async function sequential(way: Way): Promise<void> {
  for (let index = 0; index < 50; index += 1) {
    await way.query(index);
  }
}

async function acquire({ pool }: Way): Promise<void> {
  const client = await pool.connect();
  client.release();
}

const ROWS: readonly Row[] = [
  { what: 'acquisition, cold', figure: 10, isCold: true, run: acquire },
  { what: 'acquisition, warm', figure: 1, repeat: 500, run: acquire },
  { what: '50 sequential queries', figure: 500, run: sequential },
  { what: '50 concurrent queries', figure: 1_000, run: concurrent(50) },
  { what: '100 concurrent queries', figure: 2_000, run: concurrent(100) },
  { what: '1,000 concurrent queries', figure: Number.POSITIVE_INFINITY, run: concurrent(1_000) },
  { what: 'burst of 50 on a cold pool', figure: 1_000, isCold: true, run: concurrent(50) },
];

// An exit takes the server along, a signal alone does not.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => process.exit(1));
}
const server = await startPostgres();
try {
  const admin = new pg.Client(server.connection());
  await admin.connect();
  await admin.query(TABLES);
  await admin.query(
    'INSERT INTO "Product" (name, stock) SELECT \'product \' || n, n FROM generate_series(1, $1) AS n',
    [PRODUCTS],
  );
  const { rows } = await admin.query<{ server_version: string }>('SHOW server_version');
  console.log(`Node ${process.version}, PostgreSQL ${rows[0]?.server_version}`);
  await admin.end();
  await bench(server.url());
} finally {
  await server.remove();
}

async function bench(connectionString: string): Promise<void> {
  const bare = () => new pg.Pool({ connectionString, max: MAX, connectionTimeoutMillis: 60_000 });
  const own = () =>
    createPool({
      connectionString,
      environment: {},
      settings: { min: 5, max: MAX, connectionTimeout: 60_000 },
      logger: { info: () => undefined, warn: () => undefined },
      writeMetrics: null,
    });
  const overPg = (pool: pg.Pool): Way => ({
    pool,
    query: (index) => pool.query('SELECT * FROM "Product" WHERE id = $1', [1 + (index % PRODUCTS)]),
  });
  const overPrisma = (pool: pg.Pool, client: PrismaClient): Way => ({
    pool,
    query: (index) => client.product.findFirstOrThrow({ where: { id: 1 + (index % PRODUCTS) } }),
  });
  const ways: readonly MakeWay[] = [
    () => overPg(bare()),
    () => overPg(own()),
    () => {
      const pool = bare();
      return overPrisma(pool, new PrismaClient({ adapter: new PrismaPg(pool) }));
    },
    () => {
      const pool = own();
      return overPrisma(pool, createPrismaClient({ PrismaClient, pool }));
    },
  ];
  console.log(
    `Median of ${BLOCKS} x ${ROUNDS} rounds, ms, pool of ${MAX}  |  pg.Pool    ours  ratio  |   Prisma    ours  ratio  |  figure`,
  );
  for (const row of ROWS) {
    const [pgMs = 0, ownMs = 0, prismaMs = 0, ownPrismaMs = 0] = await measure(row, ways);
    const columns = [
      row.what.padEnd(38),
      `${ms(pgMs)} ${ms(ownMs)} ${ratio(ownMs / pgMs)}`,
      `${ms(prismaMs)} ${ms(ownPrismaMs)} ${ratio(ownPrismaMs / prismaMs)}`,
      verdict(Math.max(ownMs, ownPrismaMs), row.figure),
    ];
    console.log(columns.join('  |  '));
  }
  await benchGauges(own());
}

/** The medians of all ways, each in its turn, and each round in another order. */
async function measure({ run, isCold, repeat = 1 }: Row, makers: readonly MakeWay[]): Promise<number[]> {
  const times = makers.map((): number[] => []);
  for (let block = 0; block < BLOCKS; block += 1) {
    const warm = isCold ? [] : makers.map((make) => make());
    await Promise.all(warm.map(concurrent(10 * MAX)));
    for (let turn = 0; turn < ROUNDS * makers.length; turn += 1) {
      const index = (turn + Math.floor(turn / makers.length)) % makers.length;
      const way = warm[index] ?? (makers[index] as MakeWay)();
      const startedAt = performance.now();
      for (let time = 0; time < repeat; time += 1) {
        await run(way);
      }
      times[index]?.push((performance.now() - startedAt) / repeat);
      await (isCold && way.pool.end());
    }
    await Promise.all(warm.map(({ pool }) => pool.end()));
  }
  return times.map((values) => spreadOf(values).median);
}

async function benchGauges(pool: ReturnType<typeof createPool>): Promise<void> {
  await Promise.all(Array.from({ length: 5 }, () => pool.query('SELECT 1')));
  for (const [what, figure, collect] of [
    ['metrics collection', 5, () => pool.getPoolMetrics()],
    ['health check', 10, () => pool.isPoolHealthy()],
  ] as const) {
    const startedAt = performance.now();
    for (let time = 0; time < 1_000; time += 1) {
      await collect();
    }
    const tookMs = (performance.now() - startedAt) / 1_000;
    console.log(`${what.padEnd(38)}  |  ${ms(tookMs).padStart(16)}${verdict(tookMs, figure).padStart(51)}`);
  }
  await pool.end();
}

function ms(value: number): string {
  return value.toFixed(value < 10 ? 3 : 1).padStart(7);
}

function ratio(value: number): string {
  return value.toFixed(2).padStart(6);
}

function verdict(tookMs: number, figure: number): string {
  if (figure === Number.POSITIVE_INFINITY) {
    return 'all answered';
  }
  process.exitCode = tookMs < figure ? process.exitCode : 1;
  return `< ${figure} ${tookMs < figure ? 'met' : 'MISSED'}`;
}

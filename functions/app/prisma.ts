import { PrismaPg } from '@prisma/adapter-pg';
import { received } from '../core/validation.js';
import { type PoolOptions, refuseOption } from './options.js';
import { AppPool, createPool } from './pool.js';

/** The members of every generated client that are used here. */
export interface AnyPrismaClient {
  $connect(): Promise<void>;
  $disconnect(): Promise<void>;
}

interface ClientOptions<Client> {
  /** The class that `prisma generate` generates from the schema. */
  readonly PrismaClient: new (
    options: never,
  ) => Client;
  /**
   * Other options of that class than `adapter`, such as `log`.
   *
   * @default none
   */
  readonly prisma?: Readonly<Record<string, unknown>>;
}

/** Options of a client over an existing `pool`, or over a new one with the options of `createPool`. */
export type PrismaClientOptions<Client> = ClientOptions<Client> &
  ({ readonly pool: AppPool } | (PoolOptions & { readonly pool?: never }));

/** A client and its pool. */
export type PooledClient<Client> = Client & { readonly $pool: AppPool };

/**
 * Makes a Prisma 7 client over one pool with validated settings, its `$pool`. If the options have no `pool`, it makes one, and
 * `$disconnect` ends that pool within its `endWithin`; the client cannot be used afterwards.
 *
 * @throws InvalidPoolOptions with all mistakes
 */
export function createPrismaClient<Client extends AnyPrismaClient>(
  options: PrismaClientOptions<Client>,
): PooledClient<Client> {
  const { PrismaClient, prisma } = options;
  if (!isClientClass(PrismaClient)) {
    const message = `PrismaClient must be the class that "prisma generate" generates, received ${received(PrismaClient)}`;
    refuseOption('PrismaClient', message);
  }
  if (options.pool !== undefined && !(options.pool instanceof AppPool)) {
    refuseOption('pool', 'pool must be a pool of createPool; put the settings of a new pool into settings');
  }
  const pool = options.pool ?? createPool(options);
  try {
    const client = new PrismaClient({ ...prisma, adapter: createPrismaAdapter(pool) } as never);
    const disconnect = client.$disconnect.bind(client);
    const ending = options.pool === undefined ? () => disconnect().then(() => pool.end()) : disconnect;
    return Object.defineProperties(client, { $pool: { value: pool }, $disconnect: { value: ending } }) as never;
  } catch (error) {
    if (options.pool === undefined) {
      void pool.end();
    }
    throw error;
  }
}

/**
 * Makes the driver adapter of a client: `new PrismaClient({ adapter: createPrismaAdapter(pool) })`. That client does not end
 * the pool when it disconnects.
 *
 * @throws InvalidPoolOptions if the adapter would not use the pool
 */
export function createPrismaAdapter(pool: AppPool): PrismaPg {
  const adapter = new PrismaPg(pool, pool.schema === null ? {} : { schema: pool.schema });
  // The adapter tests `instanceof pg.Pool`. It takes a pool of another copy of pg for the options of a new pool, which would
  // connect to localhost with default settings.
  if (Reflect.get(adapter, 'externalPool') === null) {
    refuseOption(
      'pg',
      'two copies of the package "pg" are installed, and @prisma/adapter-pg uses another one than pool-health, so it would ignore this pool. "npm ls pg" shows them; set one version for both in package.json ("overrides")',
    );
  }
  return adapter;
}

function isClientClass(value: unknown): boolean {
  return typeof value === 'function' && value.prototype?.$connect !== undefined;
}

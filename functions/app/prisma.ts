import { received } from '../core/pool-settings.js';
import { AppPool } from './app-pool.js';
import { refuse } from './invalid-options.js';
import type { PoolOptions } from './options.js';
import { createPool } from './pool.js';
import { createPrismaAdapter } from './prisma-adapter.js';

/** What every generated client has. */
export interface AnyPrismaClient {
  $connect(): Promise<void>;
  $disconnect(): Promise<void>;
}

interface ClientOptions<Client> {
  /** The class that `prisma generate` made of the user's schema. */
  readonly PrismaClient: new (
    options: never,
  ) => Client;
  /**
   * Options of that class other than `adapter`, such as `log`.
   *
   * @default none
   */
  readonly prisma?: Readonly<Record<string, unknown>>;
}

/** A client over a pool that is there already, or over one of its own, made of the same options as `createPool`'s. */
export type PrismaClientOptions<Client> = ClientOptions<Client> &
  ({ readonly pool: AppPool } | (PoolOptions & { readonly pool?: never }));

/** A client and its pool. */
export type PooledClient<Client> = Client & { readonly $pool: AppPool };

/**
 * A Prisma 7 client over one pool of explicit, validated settings, which is its `$pool`. If the pool is made here,
 * `$disconnect` ends it, within its `endWithin`, and the client is done with.
 *
 * @throws InvalidPoolOptions with every mistake at once
 */
export function createPrismaClient<Client extends AnyPrismaClient>(
  options: PrismaClientOptions<Client>,
): PooledClient<Client> {
  const { PrismaClient, prisma } = options;
  if (!isClientClass(PrismaClient)) {
    const message = `PrismaClient must be the class that "prisma generate" makes, received ${received(PrismaClient)}`;
    refuse('PrismaClient', message);
  }
  if (options.pool !== undefined && !(options.pool instanceof AppPool)) {
    refuse('pool', 'pool must be what createPool made; the settings of a new one belong into settings');
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

function isClientClass(value: unknown): boolean {
  return typeof value === 'function' && value.prototype?.$connect !== undefined;
}

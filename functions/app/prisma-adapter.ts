import { PrismaPg } from '@prisma/adapter-pg';
import type { AppPool } from './app-pool.js';
import { refuse } from './invalid-options.js';

/**
 * The driver adapter for a client that the user makes: `new PrismaClient({ adapter: createPrismaAdapter(pool) })`. Such a
 * client does not end the pool when it disconnects.
 *
 * @throws InvalidPoolOptions if the adapter would not use the pool
 */
export function createPrismaAdapter(pool: AppPool): PrismaPg {
  const adapter = new PrismaPg(pool, pool.schema === null ? {} : { schema: pool.schema });
  // The adapter asks `instanceof pg.Pool`. What is none of its own copy's it takes for the options of a new pool, without
  // settings, on localhost.
  if (Reflect.get(adapter, 'externalPool') === null) {
    refuse(
      'pg',
      'two copies of the package "pg" are installed, and @prisma/adapter-pg uses another one than pool-health, so that it would not take this pool; "npm ls pg" shows them, one version for both in package.json ("overrides") makes them one',
    );
  }
  return adapter;
}

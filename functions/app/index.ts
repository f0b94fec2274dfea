/** What applications import as `pool-health/app`. */
export { AppPool, type PoolMetrics } from './app-pool.js';
export { buildDatabaseUrl } from './database-url.js';
export type { PoolSnapshot, PoolTotals } from './gauges.js';
export type { HistogramSnapshot } from './histogram.js';
export { InvalidPoolOptions } from './invalid-options.js';
export type { Logger, PoolOptions, SettingsOptions } from './options.js';
export { createPool } from './pool.js';
export { createPrismaClient, type PooledClient, type PrismaClientOptions } from './prisma.js';
export { createPrismaAdapter } from './prisma-adapter.js';
export { prometheusText } from './prometheus.js';

/** The public entry `pool-health/app`. */
export { buildDatabaseUrl } from './database-url.js';
export type { HistogramSnapshot, PoolSnapshot, PoolTotals } from './gauges.js';
export { InvalidPoolOptions, type Logger, type PoolOptions, type SettingsOptions } from './options.js';
export { AppPool, createPool, type PoolMetrics } from './pool.js';
export { createPrismaAdapter, createPrismaClient, type PooledClient, type PrismaClientOptions } from './prisma.js';
export { prometheusText } from './prometheus.js';

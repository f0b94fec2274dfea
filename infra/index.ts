/** The public API for CDK apps: the package `pool-health`. */
export { type CheckRole, checkRoleSql } from '../functions/core/check-role.js';
export type { PoolDefinition } from '../functions/core/pool-config.js';
export type { Functions } from './construct/functions.js';
export type { HealthFunction } from './construct/health-function.js';
export type { NetworkOptions } from './construct/network.js';
export { addOutputs } from './construct/outputs.js';
export { type IamLogin, iamLogin } from './construct/permissions.js';
export { PoolHealth, type PoolHealthProps } from './construct/pool-health.js';
export type { CheckRoleOfPools, WatchedPoolProps } from './construct/pools.js';
export { DatabaseRole, type DatabaseRoleProps } from './demo/database-role.js';
export type { ChosenMetricOptions } from './monitoring/metric-queries.js';
export { type AlarmThresholds, DEFAULT_THRESHOLDS } from './monitoring/thresholds.js';
export type { EmailAddresses } from './monitoring/topics.js';

/** What CDK apps import as `pool-health`. */
export { type CheckRole, checkRoleSql } from '../functions/contract/check-role-sql.js';
export type { PoolDefinition } from '../functions/health/pool-definition.js';
export { DatabaseRole, type DatabaseRoleProps } from './check-role.js';
export type { CheckRoleOfPools } from './check-roles.js';
export type { Functions } from './functions.js';
export type { HealthFunction } from './health-function.js';
export type { ChosenMetricOptions } from './metrics.js';
export type { NetworkOptions } from './network.js';
export { addOutputs } from './outputs.js';
export { type IamLogin, iamLogin } from './permissions.js';
export { PoolHealth, type PoolHealthProps } from './pool-health.js';
export type { WatchedPoolProps } from './pools.js';
export { type AlarmThresholds, DEFAULT_THRESHOLDS } from './thresholds.js';
export type { EmailAddresses } from './topics.js';

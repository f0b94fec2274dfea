/**
 * Every environment variable that pool-health reads: its meaning and its default. `null` means that there is none: unset,
 * the feature behind it is off. Nothing else in the code names an environment variable.
 */

/** Set on the deployed functions by `infra/`, which may set these and no others. */
export const DEPLOYED_ENVIRONMENT = {
  POOL_HEALTH_PARAMETER_PREFIX: {
    meaning: 'Path under which SSM holds the definitions, one parameter a pool: <prefix>/<pool>.',
    default: '/pool-health',
  },
  POOL_HEALTH_POOLS: {
    meaning:
      'Names of the pools whose history the page shows, with commas between them; the page itself needs no more.',
    default: '',
  },
} as const;

/** Read by `npm start` and by an application that imports `functions/app`; they play no part in the deployed functions. */
export const LOCAL_ENVIRONMENT = {
  DATABASE_URL: {
    meaning: 'postgres:// URL of the database to watch. Unset: an embedded PostgreSQL with a demo workload.',
    default: null,
  },
  PORT: { meaning: 'Port of the local HTTP server.', default: '3000' },
  POOL_HEALTH_SHARED_USER: {
    meaning:
      'Whether the application logs in as the user of DATABASE_URL too, so that its sessions count: true or false.',
    default: 'true',
  },
  POOL_HEALTH_METRICS_FILE: {
    meaning: 'File to which every check appends its metrics, a line of CloudWatch embedded metric format each.',
    default: null,
  },
  POOL_HEALTH_PARAMETER: {
    meaning:
      'Name of the SSM parameter that defines the pool: its settings apply where no variable below says otherwise.',
    default: null,
  },
  POOL_HEALTH_DEFINITION: {
    meaning: 'The definition itself, as JSON, instead of the SSM parameter.',
    default: null,
  },
  NODE_ENV: {
    meaning: 'Which column of pool defaults applies: development, test or production.',
    default: 'development',
  },
  DATABASE_POOL_MIN: { meaning: 'Connections the pool keeps open.', default: null },
  DATABASE_POOL_MAX: { meaning: 'Connections the pool opens at most.', default: null },
  DATABASE_POOL_IDLE_TIMEOUT: { meaning: 'Milliseconds after which an idle connection is closed.', default: null },
  DATABASE_POOL_CONNECTION_TIMEOUT: {
    meaning: 'Milliseconds a request waits for a connection before it fails.',
    default: null,
  },
} as const;

/** Read by `pool-health`, the command line, beside those above. */
export const CLI_ENVIRONMENT = {
  POOL_HEALTH_ROLE_PASSWORD: {
    meaning: 'Password that setup --run gives to the role of the check, so that it stands on no command line.',
    default: null,
  },
} as const;

export type VariableName =
  | keyof typeof DEPLOYED_ENVIRONMENT
  | keyof typeof LOCAL_ENVIRONMENT
  | keyof typeof CLI_ENVIRONMENT;

/** An environment as it was found: `process.env`, or what a test hands in. */
export type Environment = Readonly<Partial<Record<VariableName, string>>>;

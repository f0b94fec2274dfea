import { DEFAULT_NAMESPACE } from './namespace.js';
import { SETTING_NAMES, SETTINGS, type SettingVariable } from './pool-settings.js';

/**
 * Every environment variable that pool-health reads. A default of `null` means that there is none: an unset variable
 * leaves its feature off. No other file defines an environment variable.
 */

interface Variable {
  readonly meaning: string;
  readonly default: string | null;
}

/** Set on the deployed functions by `infra/`, which may set these and no others. */
export const DEPLOYED_ENVIRONMENT = {
  POOL_HEALTH_PARAMETER_PREFIX: {
    meaning: 'SSM path of the definitions, one parameter a pool: <prefix>/<pool>.',
    default: '/pool-health',
  },
  POOL_HEALTH_POOLS: {
    meaning: 'Names of the pools whose history the page shows, separated by commas.',
    default: '',
  },
  POOL_HEALTH_NAMESPACE: {
    meaning: 'CloudWatch namespace of the metrics.',
    default: DEFAULT_NAMESPACE,
  },
} as const satisfies Record<string, Variable>;

/** Adds the variables of the pool settings. A function, so that bundles without local variables leave them out. */
function withPoolVariables<Variables extends Record<string, Variable>>(variables: Variables) {
  const rows = SETTING_NAMES.map((name) => [
    SETTINGS[name].variable,
    { meaning: SETTINGS[name].meaning, default: null },
  ]);
  return { ...variables, ...(Object.fromEntries(rows) as Readonly<Record<SettingVariable, Variable>>) };
}

/** Read by `npm start`, the command line and applications that import `functions/app`; ignored by the deployed functions. */
export const LOCAL_ENVIRONMENT = /* @__PURE__ */ withPoolVariables({
  DATABASE_URL: {
    meaning: 'postgres:// URL of the database to check. Unset: an embedded PostgreSQL with a demo workload.',
    default: null,
  },
  PORT: { meaning: 'Port of the local HTTP server.', default: '3000' },
  POOL_HEALTH_HOSTS: {
    meaning:
      'Host names for which the local server answers in addition to localhost, 127.0.0.1 and [::1], separated by commas, such as that of a reverse proxy.',
    default: null,
  },
  POOL_HEALTH_SHARED_USER: {
    meaning:
      'Whether the application logs in as the user of DATABASE_URL too, so that its sessions count: true or false.',
    default: 'true',
  },
  POOL_HEALTH_METRICS_FILE: {
    meaning: 'File to which every check appends its metrics, one line of CloudWatch embedded metric format each.',
    default: null,
  },
  POOL_HEALTH_PARAMETER: {
    meaning: 'Name of the SSM parameter with the pool definition. The DATABASE_POOL_ variables override its settings.',
    default: null,
  },
  POOL_HEALTH_DEFINITION: {
    meaning: 'The pool definition itself, as JSON, instead of the SSM parameter.',
    default: null,
  },
  POOL_HEALTH_NAMESPACE: {
    meaning:
      'CloudWatch namespace of the metrics that pool-health/app and npm start write: that of the deployment that monitors the pool.',
    default: DEFAULT_NAMESPACE,
  },
  PGPASSWORD: { meaning: 'Password, if the URL has none.', default: null },
  PGPASSFILE: { meaning: 'Password file, if neither the URL nor PGPASSWORD has a password.', default: '~/.pgpass' },
  NODE_ENV: {
    meaning: 'Which column of pool defaults applies: development, test or production.',
    default: 'development',
  },
} as const satisfies Record<string, Variable>);

/** Read by the command line only. */
export const CLI_ENVIRONMENT = {
  POOL_HEALTH_ROLE_PASSWORD: {
    meaning: 'Password that setup --run sets for the role of the check, so that it appears on no command line.',
    default: null,
  },
} as const satisfies Record<string, Variable>;

export type VariableName =
  | keyof typeof DEPLOYED_ENVIRONMENT
  | keyof typeof LOCAL_ENVIRONMENT
  | keyof typeof CLI_ENVIRONMENT;

/** Environment variables as a process has them: `process.env`, or an object of a test. */
export type Environment = Readonly<Partial<Record<VariableName, string>>>;

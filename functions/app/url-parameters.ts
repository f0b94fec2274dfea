import { received, SETTINGS, type SettingName, type SettingSource, type Violation } from '../core/pool-settings.js';

/**
 * Parameters of a URL that configured the pool of Prisma 6 and that neither Prisma 7 nor pg reads any more: ignored in
 * silence, they would leave another pool than the URL says.
 *
 * @see https://www.prisma.io/docs/orm/prisma-client/setup-and-configuration/databases-connections/connection-pool
 */
export interface UrlParameters {
  /** In the order of precedence, each with the one setting that it says, in the words of the URL. */
  readonly sources: readonly UrlSource[];
  /** Seconds after which a connection is replaced; 0 for never. */
  readonly maxLifetimeSeconds: number;
  readonly applicationName: string | null;
  /** Prisma's schema, which is an option of the adapter now. */
  readonly schema: string | null;
  readonly violations: readonly Violation[];
  /** What means nothing any more, and what to do instead. */
  readonly warnings: readonly string[];
}

export interface UrlSource extends SettingSource {
  readonly setting: SettingName;
}

const LONGEST_SECONDS = 2_147_483;
const SETTING_OF = {
  connection_limit: 'max',
  pool_timeout: 'connectionTimeout',
  connect_timeout: 'connectionTimeout',
  max_idle_connection_lifetime: 'idleTimeout',
} as const;
const LIFETIME = 'max_connection_lifetime';

const VERIFIED = 'sslmode and sslrootcert say how connections are verified';
const UNNAMED = 'statements are not prepared by name, so that it is not needed';
const ON_ROLE = 'set statement_timeout and the like on the role, since poolers refuse them at login';
const OBSOLETE: Readonly<Record<string, string>> = {
  pgbouncer: UNNAMED,
  statement_cache_size: UNNAMED,
  socket_timeout: ON_ROLE,
  statement_timeout: ON_ROLE,
  options: ON_ROLE,
  sslaccept: VERIFIED,
  sslcert: VERIFIED,
  sslidentity: VERIFIED,
  sslpassword: VERIFIED,
  channel_binding: VERIFIED,
};
const UNDERSTOOD: ReadonlySet<string> = new Set([
  ...Object.keys(SETTING_OF),
  ...Object.keys(OBSOLETE),
  LIFETIME,
  'application_name',
  'schema',
  'host',
  'sslmode',
  'sslrootcert',
]);

/**
 * Never throws, and shows of the URL no more than the values of parameters it knows.
 *
 * @param label what the user calls the URL: `DATABASE_URL` or `connectionString`
 */
export function readUrlParameters({ searchParams }: URL, label: string): UrlParameters {
  const sources: UrlSource[] = [];
  const violations: Violation[] = [];
  const warnings: string[] = [];
  const seconds = (parameter: string): number | null => {
    const text = searchParams.get(parameter);
    if (text === null) {
      return null;
    }
    if (/^\d{1,7}$/.test(text) && Number(text) <= LONGEST_SECONDS) {
      return Number(text);
    }
    const message = `${parameter} in ${label} must be a whole number of seconds from 0 to ${LONGEST_SECONDS}, received ${received(text)}`;
    violations.push({ field: label, message });
    return null;
  };
  for (const [parameter, setting] of Object.entries(SETTING_OF)) {
    const value = setting === 'max' ? searchParams.get(parameter) : seconds(parameter);
    if (value === 0) {
      warnings.push(
        `${parameter} in ${label} is 0, which waits for ever, and is not taken: ${variable(setting)} says how long`,
      );
    } else if (value !== null) {
      const text = typeof value === 'number' ? String(value * 1_000) : value;
      sources.push({ setting, form: 'text', values: { [setting]: text }, label: () => `${parameter} in ${label}` });
    }
  }
  for (const [parameter, advice] of Object.entries(OBSOLETE)) {
    if (searchParams.has(parameter)) {
      warnings.push(`${parameter} in ${label} has no effect: ${advice}`);
    }
  }
  const others = [...searchParams.keys()].filter((parameter) => !UNDERSTOOD.has(parameter));
  if (others.length > 0) {
    warnings.push(`${label} has parameters that are not known here and have no effect: ${others.length} (not shown)`);
  }
  return {
    sources,
    maxLifetimeSeconds: seconds(LIFETIME) ?? 0,
    applicationName: searchParams.get('application_name'),
    schema: searchParams.get('schema'),
    violations,
    warnings,
  };
}

/** What to tell the user about each of these sources, now that it is known which of all are in force. */
export function translations(urlSources: readonly UrlSource[], sources: readonly SettingSource[]): string[] {
  return urlSources.map((source) => {
    const { setting } = source;
    const label = source.label(setting);
    const inForce = sources.find(({ values }) => values[setting] !== undefined);
    return inForce === source || inForce === undefined
      ? `${label} is read by neither Prisma 7 nor pg, and taken for ${setting} (${source.values[setting]}): set ${variable(setting)} instead`
      : `${label} has no effect: ${inForce.label(setting)} is set`;
  });
}

function variable(setting: SettingName): string {
  return SETTINGS[setting].variable;
}

import { localSettings } from '../../compose/url-config.js';
import { localRuntime } from '../../compose/url-monitor.js';
import { inTheirWords } from '../../compose/variables.js';
import type { Login } from '../../connection/credentials.js';
import { SharedConnection } from '../../connection/shared-connection.js';
import { isThisMachine } from '../../connection/url.js';
import type { ValidatedPoolConfig } from '../../core/pool-config.js';
import { parseDefinition } from '../../core/pool-definition.js';
import { SETTING_NAMES, SETTINGS } from '../../core/pool-settings.js';
import { ROLE_STATEMENT, type RoleFacts, readRole } from '../../postgres/role.js';
import { UsageError } from '../errors.js';
import type { Facts, SettingsFacts } from './facts.js';

/**
 * Looks at settings, server and managed pool. Mistakes in the settings are facts like others; what does not depend on them
 * is looked at all the same.
 *
 * @param variables with `DATABASE_URL`
 * @throws UsageError when the URL is none
 */
export async function gather(variables: NodeJS.ProcessEnv, options: { readonly url?: string }): Promise<Facts> {
  const settings = settingsFacts(variables);
  const { monitor, loginFor } = localRuntime(settings.inForce ? variables : withoutSettings(variables));
  const [watched] = await monitor.pools(0);
  const { config } = watched;
  if (config === null) {
    const mistakes = watched.problems.flatMap(({ values }) => values.violations as readonly string[]);
    throw new UsageError(...mistakes.map((mistake) => inTheirWords(mistake, options)));
  }
  const { sample, verdict } = await monitor.assess(watched, 0);
  await monitor.close();
  return {
    settings,
    address: { database: config.database, tls: config.tls, isThisMachine: isThisMachine(config.endpoint) },
    sharedUser: config.sharedUser,
    role: await askRole(config, loginFor()),
    database: sample.database,
    managed: sample.pooler,
    problems: settings.inForce ? verdict.problems : sample.problems,
  };
}

function settingsFacts(variables: NodeJS.ProcessEnv): SettingsFacts {
  const { settings, shape, violations, warnings } = localSettings(variables);
  const text = variables.POOL_HEALTH_DEFINITION;
  const definition = text === undefined ? null : parseDefinition('local', text);
  const written = SETTING_NAMES.filter((name) => variables[SETTINGS[name].variable] !== undefined);
  return {
    inForce: settings,
    instances: shape.instances,
    mistakes: violations.map(({ message }) => message),
    warnings,
    definition: definition?.ok ? { settings: definition.config.settings, database: definition.config.database } : null,
    variables: Object.fromEntries(written.map((name) => [name, SETTINGS[name].variable])),
  };
}

function withoutSettings(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const settings = ['POOL_HEALTH_DEFINITION', ...SETTING_NAMES.map((name): string => SETTINGS[name].variable)];
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !settings.includes(name)));
}

/** Null when the server does not answer: why, the check has said. */
async function askRole(target: ValidatedPoolConfig, login: Login): Promise<RoleFacts | null> {
  const session = new SharedConnection({ target, ...login, isPooled: false });
  try {
    const { results } = await session.query(ROLE_STATEMENT);
    return readRole(results[0]?.[0]);
  } catch {
    return null;
  } finally {
    await session.close();
  }
}

import type { LocalSettings, UrlPool } from '../../compose/url.js';
import { urlMonitor } from '../../compose/url-monitor.js';
import type { Login } from '../../connection/credentials.js';
import { SharedConnection } from '../../connection/shared-connection.js';
import { isThisMachine } from '../../connection/url.js';
import type { ValidatedPoolConfig } from '../../core/pool-config.js';
import { ROLE_STATEMENT, type RoleFacts, readRole } from '../../postgres/role.js';
import { UsageError } from '../errors.js';
import type { Facts, SettingsFacts } from './facts.js';

/**
 * Looks at settings, server and managed pool. Mistakes in the settings are facts like others; what does not depend on them
 * is looked at all the same.
 *
 * @throws UsageError when the URL is none
 */
export async function gather({ url, settings: local, withDefaults }: UrlPool): Promise<Facts> {
  if (!withDefaults.ok) {
    throw new UsageError(...withDefaults.violations.map(({ message }) => message));
  }
  const settings = settingsFacts(local);
  const { config } = withDefaults;
  const { monitor, loginFor } = urlMonitor({ url, validation: withDefaults });
  const [entry] = await monitor.pools(0);
  const { sample, verdict } = await monitor.assess(entry, 0);
  await monitor.close();
  return {
    settings,
    address: { database: config.database, tls: config.tls, isThisMachine: isThisMachine(config.endpoint) },
    sharedUser: config.sharedUser,
    role: await askRole(config, loginFor(config)),
    database: sample.database,
    managed: sample.pooler,
    problems: settings.inForce ? verdict.problems : sample.problems,
  };
}

function settingsFacts({ settings, parts, violations, warnings, definition, variables }: LocalSettings): SettingsFacts {
  return {
    inForce: settings,
    instances: parts.instances,
    mistakes: violations.map(({ message }) => message),
    warnings,
    definition: definition && { settings: definition.settings, database: definition.database },
    variables,
  };
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

import type { LocalSettings, UrlPool } from '../../compose/url.js';
import { urlMonitor } from '../../compose/url-monitor.js';
import type { Login } from '../../connection/credentials.js';
import { SharedConnection } from '../../connection/shared-connection.js';
import { isThisMachine } from '../../connection/url.js';
import type { ValidatedPoolConfig } from '../../core/pool-config.js';
import { poolReport } from '../../core/pool-report.js';
import type { PoolSettings } from '../../core/pool-settings.js';
import type { Problem } from '../../core/problems.js';
import type { DatabaseView, PoolerView } from '../../core/sample.js';
import { verdictInWords } from '../../core/summary.js';
import type { Verdict } from '../../core/verdict.js';
import { ROLE_STATEMENT, type RoleFacts, readRole } from '../../postgres/role.js';
import { UsageError } from '../errors.js';

/** Everything that the doctor evaluates; null if unknown. */
export interface Facts {
  readonly settings: SettingsFacts;
  readonly address: AddressFacts;
  /** Which sessions of the database belong to the pool. */
  readonly count: ValidatedPoolConfig['count'];
  /** Whether the application also logs in as the role of the URL; otherwise only the check does. */
  readonly sharedUser: boolean;
  readonly role: RoleFacts | null;
  readonly database: DatabaseView | null;
  readonly pooler: PoolerView | null;
  /** The problems of one check. */
  readonly problems: readonly Problem[];
  /** The verdict of that check, and the same in words; null if the settings are invalid. */
  readonly verdict: { readonly status: Verdict['status']; readonly words: string } | null;
}

export interface SettingsFacts {
  /** The settings in force here; null if they are invalid. */
  readonly inForce: PoolSettings | null;
  readonly instances: number;
  readonly mistakes: readonly string[];
  readonly warnings: readonly string[];
  /** The settings that the deployed check uses; null without a definition. */
  readonly definition: { readonly settings: PoolSettings; readonly database: string } | null;
  /** The variable that sets each setting; absent for a setting without one. */
  readonly variables: Readonly<Partial<Record<keyof PoolSettings, string>>>;
}

export interface AddressFacts {
  readonly database: string;
  readonly tls: ValidatedPoolConfig['tls'];
  /** Whether the server runs on this machine. */
  readonly isThisMachine: boolean;
}

/**
 * Reads settings, server and pooler. If the settings are invalid, it still reads everything that does not depend on them.
 *
 * @throws UsageError if the URL is invalid
 */
export async function gather({ url, settings: local, withDefaults }: UrlPool): Promise<Facts> {
  if (!withDefaults.ok) {
    throw new UsageError(...withDefaults.violations.map(({ message }) => message));
  }
  const settings = settingsFacts(local);
  const { config } = withDefaults;
  const { monitor, loginFor } = urlMonitor({ url, validation: withDefaults });
  const [entry] = await monitor.pools(0);
  const assessment = await monitor.assess(entry, 0);
  await monitor.close();
  const { sample, verdict } = assessment;
  return {
    settings,
    address: { database: config.database, tls: config.tls, isThisMachine: isThisMachine(config.endpoint) },
    count: config.count,
    sharedUser: config.sharedUser,
    role: await readRoleFacts(config, loginFor(config)),
    database: sample.database,
    pooler: sample.pooler,
    problems: settings.inForce ? verdict.problems : sample.problems,
    verdict: settings.inForce && {
      status: verdict.status,
      words: verdictInWords(poolReport(assessment, sample.takenAt)),
    },
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

/** Null if the server does not answer: the check reports why. */
async function readRoleFacts(target: ValidatedPoolConfig, login: Login): Promise<RoleFacts | null> {
  const connection = new SharedConnection({ target, ...login, isPooled: false });
  try {
    const { results } = await connection.query(ROLE_STATEMENT);
    return readRole(results[0]?.[0]);
  } catch {
    return null;
  } finally {
    await connection.close();
  }
}

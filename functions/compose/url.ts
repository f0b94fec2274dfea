import { type ParsedUrl, parseDatabaseUrl } from '../connection/url.js';
import type { Environment } from '../core/environment.js';
import type { ConnectionTarget } from '../core/pool-config.js';
import { received, type Violation } from '../core/pool-settings.js';
import type { PoolEntry, PoolSource } from '../core/ports.js';
import { problem } from '../core/problems.js';
import { localConfig } from './url-config.js';

/** The name of the pool that a URL stands for. */
const POOL = 'local';

export interface UrlSource extends PoolSource {
  /** How to log in; null when the URL is none. */
  readonly url: ParsedUrl | null;
  /** What is odd about the settings, though accepted. */
  readonly warnings: readonly string[];
}

/** The one pool that `DATABASE_URL` and `DATABASE_POOL_*` define. Never throws: mistakes are `CONFIG.INVALID`. */
export function urlSource(environment: Environment): UrlSource {
  const parsed = parseDatabaseUrl(environment.DATABASE_URL ?? '');
  const url = parsed.ok ? parsed.url : null;
  const sharedUser = environment.POOL_HEALTH_SHARED_USER !== 'false';
  const validation = localConfig(POOL, url?.target ?? NOWHERE, environment, sharedUser);
  const violations = [
    ...(parsed.ok ? [] : parsed.violations),
    ...sharedUserViolations(environment.POOL_HEALTH_SHARED_USER),
    ...(validation.ok ? [] : validation.violations),
  ];
  const watched: PoolEntry =
    violations.length === 0 && validation.ok
      ? { pool: POOL, config: validation.config, problems: [] }
      : { pool: POOL, config: null, problems: [invalid(violations)] };
  return { url, warnings: validation.ok ? validation.warnings : [], pools: async () => [watched] };
}

/** Stands in for the target of a URL that is none, so that mistakes in the settings are found all the same. */
const NOWHERE: ConnectionTarget = { endpoint: 'localhost', port: 5432, database: '', user: '', tls: 'off' };

function sharedUserViolations(text: string | undefined): Violation[] {
  const field = 'POOL_HEALTH_SHARED_USER';
  const isKnown = text === undefined || text === 'true' || text === 'false';
  return isKnown ? [] : [{ field, message: `${field} must be true or false, received ${received(text)}` }];
}

function invalid(violations: readonly Violation[]) {
  return problem('CONFIG.INVALID', { violations: violations.map(({ message }) => message) });
}

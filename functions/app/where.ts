import { accessSync, constants } from 'node:fs';
import { type ParsedUrl, parseDatabaseUrl } from '../connection/url.js';
import type { Violation } from '../core/pool-settings.js';
import { readUrlParameters, type UrlParameters } from './url-parameters.js';

/** Where the pool connects, and what the URL says beside it. */
export interface Where {
  /** With the password: never shown. */
  readonly connectionString: string;
  readonly target: ParsedUrl;
  readonly parameters: UrlParameters;
}

/**
 * Reads the URL. Never throws; no message shows a part of it.
 *
 * @param label what the user calls it
 */
export function readWhere(connectionString: unknown, label: string): Where | readonly Violation[] {
  if (typeof connectionString !== 'string') {
    const missing = connectionString === undefined ? 'it is not set' : `received a ${typeof connectionString}`;
    return [{ field: label, message: `${label} must be a URL such as postgres://user@host/database; ${missing}` }];
  }
  const parsed = parseDatabaseUrl(connectionString, label);
  if (!parsed.ok) {
    return parsed.violations;
  }
  const { caFile } = parsed.url;
  if (caFile !== null && !isReadable(caFile)) {
    return [{ field: label, message: `the file that sslrootcert in ${label} names cannot be read` }];
  }
  const parameters = readUrlParameters(new URL(connectionString), label);
  return { connectionString, target: parsed.url, parameters };
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

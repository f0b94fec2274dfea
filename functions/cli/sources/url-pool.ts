import { parseSettings, parseUrlPool, readDefinition, type UrlInput, type UrlPool } from '../../compose/url.js';
import { withPassword } from '../../compose/url-password.js';
import { Failure, UsageError } from '../errors.js';

/** Options of every command that connects to a database. */
export interface UrlOptions {
  readonly url?: string;
}

/**
 * The URL of the command line, otherwise `DATABASE_URL`, and the label of its error messages.
 *
 * @throws UsageError if there is no URL at all
 */
export function urlOf({ url }: UrlOptions, { DATABASE_URL }: NodeJS.ProcessEnv): Pick<UrlInput, 'url' | 'label'> {
  if (url !== undefined) {
    return { url, label: '--url' };
  }
  if (DATABASE_URL === undefined) {
    throw new UsageError('no database is given: set DATABASE_URL, or see --help for --url');
  }
  return { url: DATABASE_URL, label: 'DATABASE_URL' };
}

/**
 * Parses what the user wrote about the pool: the URL, the variables and the definition.
 *
 * @param readText reads the definition; by default the one that the environment names
 * @throws UsageError if there is no URL at all
 * @throws Failure if the definition cannot be read
 */
export async function readUrlPool(
  options: UrlOptions,
  environment: NodeJS.ProcessEnv,
  readText = () => namedDefinition(environment),
): Promise<UrlPool> {
  const url = urlOf(options, environment);
  const settings = parseSettings(environment, await readText());
  const pool = parseUrlPool({ ...url, sharedUser: environment.POOL_HEALTH_SHARED_USER, settings });
  return { ...pool, url: pool.url && (await withPassword(pool.url, environment)) };
}

/**
 * The text of the definition that the user names on the command line.
 *
 * @param hint what the user should give instead, for the error message
 * @throws UsageError if `read` fails
 */
export async function definitionText(read: () => Promise<string>, hint: string): Promise<string> {
  try {
    return await read();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : typeof cause;
    throw new UsageError(`cannot read the definition (${code}): ${hint}`);
  }
}

async function namedDefinition(environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    return await readDefinition(environment);
  } catch (cause) {
    throw new Failure(cause instanceof Error ? cause.message : 'the definition could not be read', { cause });
  }
}

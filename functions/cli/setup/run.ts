import { type Client, escapeLiteral } from 'pg';
import { withPassword } from '../../compose/url-password.js';
import { sqlState, toProblem } from '../../connection/errors.js';
import { IsolatedClient } from '../../connection/isolated-client.js';
import { tlsOptions } from '../../connection/tls.js';
import { type ParsedUrl, parseDatabaseUrl } from '../../connection/url.js';
import { CHECK_APPLICATION_NAME, sqlName } from '../../core/check-role.js';
import { PROBLEMS } from '../../core/problems.js';
import { Failure, UsageError } from '../errors.js';
import { type UrlOptions, urlOf } from '../sources/url-pool.js';
import { type RoleState, roleState, type Setup, statements } from './role.js';
import { scramVerifier } from './scram.js';

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 10_000;

/**
 * Runs the SQL in one transaction, as the administrator of the URL. Resolves to lines that report the changes.
 *
 * @throws UsageError if the URL or the password is invalid
 * @throws Failure with a one-line message: either nothing was changed, or the outcome of COMMIT is unknown
 */
export async function runSetup(setup: Setup, options: UrlOptions, environment: NodeJS.ProcessEnv): Promise<string[]> {
  const password = passwordOf(setup, environment);
  const { url, label } = urlOf(options, environment);
  const parsed = parseDatabaseUrl(url, label);
  if (!parsed.ok) {
    throw new UsageError(...parsed.violations.map(({ message }) => message));
  }
  const client = await connect(await withPassword(parsed.url, environment));
  let outcome = 'nothing was changed';
  try {
    await client.query('BEGIN');
    const before = await roleState(client, setup);
    for (const statement of statements(setup)) {
      await client.query(statement);
    }
    if (password !== null) {
      const verifier = escapeLiteral(scramVerifier(password));
      await client.query(`ALTER ROLE ${sqlName(setup.role.user)} PASSWORD ${verifier}`);
    }
    const after = await roleState(client, setup);
    outcome = 'no answer to COMMIT, so the outcome is unknown; run the command again';
    await client.query('COMMIT');
    return [...changeLines(setup, before, after), ...passwordLines(setup, password)];
  } catch (cause) {
    throw failureOf(outcome, cause);
  } finally {
    await client.end();
  }
}

function passwordOf({ role }: Setup, { POOL_HEALTH_ROLE_PASSWORD: password }: NodeJS.ProcessEnv): string | null {
  if (password === undefined) {
    return null;
  }
  if (role.withRdsIam) {
    throw new UsageError('with --iam the role cannot log in with a password: unset POOL_HEALTH_ROLE_PASSWORD');
  }
  if (!/^[\x20-\x7e]{1,200}$/.test(password)) {
    throw new UsageError('POOL_HEALTH_ROLE_PASSWORD must be 1 to 200 printable ASCII characters (not shown)');
  }
  return password;
}

async function connect({ target, password, caFile }: ParsedUrl): Promise<Client> {
  try {
    const client = new IsolatedClient({
      host: target.endpoint,
      port: target.port,
      database: target.database,
      user: target.user,
      password,
      ssl: await tlsOptions(target, caFile),
      application_name: CHECK_APPLICATION_NAME,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: STATEMENT_TIMEOUT_MS,
    });
    // A pending query fails anyway; without a listener the error would end the process.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  } catch (cause) {
    const { code } = toProblem(cause);
    throw new Failure(`${code}: ${PROBLEMS[code].text}`, { cause });
  }
}

/** Quotes the server's message: it names only roles and databases that the user typed. */
function failureOf(outcome: string, error: unknown): Failure {
  const code = sqlState(error);
  const reason = code !== null && error instanceof Error ? `${error.message} (${code})` : toProblem(error).code;
  return new Failure(`${outcome}: ${reason.replaceAll(/\s+/g, ' ')}`, { cause: error });
}

function changeLines({ role }: Setup, before: RoleState | null, after: RoleState | null): string[] {
  const name = sqlName(role.user);
  const lines = Object.entries(after ?? {})
    .filter(([what, now]) => before?.[what] !== now)
    .map(([what, now]) => (before ? `  ${what}: ${before[what]} -> ${now}` : `  ${what}: ${now}`));
  if (before === null) {
    return [`Created the role ${name}:`, ...lines];
  }
  return lines.length === 0 ? [`The role ${name} is already correct.`] : [`Changed the role ${name}:`, ...lines];
}

function passwordLines({ role }: Setup, password: string | null): string[] {
  if (role.withRdsIam) {
    return [];
  }
  return [
    password === null
      ? `The role logs in with a password. If it has none yet, set POOL_HEALTH_ROLE_PASSWORD and run this again, or use \\password ${sqlName(role.user)} in psql.`
      : 'Its password is the value of POOL_HEALTH_ROLE_PASSWORD.',
  ];
}

import type { ParsedUrl } from '../connection/url.js';

/** The variables that decide where a password comes from. `HOME` has the default file, `.pgpass`. */
type Variables = Readonly<Partial<Record<'PGPASSWORD' | 'PGPASSFILE' | 'HOME', string>>>;

/**
 * Completes a URL without a password as libpq does: from `PGPASSWORD`, otherwise from the password file. For people at a
 * terminal; the deployed functions read neither. Never throws.
 *
 * @param variables those of this process
 * @see https://www.postgresql.org/docs/current/libpq-pgpass.html
 */
export async function withPassword(url: ParsedUrl, variables: Variables): Promise<ParsedUrl> {
  const password = url.password ?? (variables.PGPASSWORD || (await filedPassword(url, variables)));
  return { ...url, password };
}

async function filedPassword({ target }: ParsedUrl, { PGPASSFILE, HOME }: Variables): Promise<string | undefined> {
  if (!PGPASSFILE && !HOME) {
    return undefined;
  }
  // Loaded only here: most runs have a password.
  const { default: pgpass } = await import('pgpass');
  const { endpoint, port, database, user } = target;
  const find = (host: string) =>
    new Promise<string | undefined>((resolve) => pgpass({ host, port, database, user }, resolve));
  const password = await find(endpoint);
  // libpq looks for localhost where the host is the default directory of the socket.
  return password === undefined && endpoint.startsWith('/') ? await find('localhost') : password;
}

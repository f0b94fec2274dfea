import pg from 'pg';

/** Options that pg would otherwise read from the environment. An invalid `PGSSLNEGOTIATION` throws in its constructor. */
const FIXED = { sslnegotiation: 'postgres', client_encoding: 'UTF8' } as const;

/** What pg adds to the startup packet, and has no option for that means none. */
interface Additions {
  options?: string | undefined;
  replication?: string | undefined;
}

/**
 * A client whose login depends on its options alone. Without it, pg takes a variable of libpq for every option that is absent or
 * empty: `PGOPTIONS` and `PGREPLICATION` change the startup packet, which poolers then reject, and an absent password is read
 * from `PGPASSWORD` or from a file.
 *
 * @see https://www.postgresql.org/docs/current/libpq-envars.html
 */
export class IsolatedClient extends pg.Client {
  /** @param config with host, port, database, user and application_name, for which pg would read variables too */
  constructor(config: pg.ClientConfig = {}) {
    super(isolatedConfig(config));
    forgetEnvironment(this);
  }
}

/** The options of a client with every default of its own. After the construction call `forgetEnvironment`. */
export function isolatedConfig({ password, ...config }: pg.ClientConfig): pg.ClientConfig {
  const fixed = typeof password === 'function' ? password : ((async () => password) as () => Promise<string>);
  return { ssl: false, ...config, password: fixed, ...FIXED };
}

/** Removes what pg has read from `PGOPTIONS` and `PGREPLICATION`. Call it before the client connects. */
export function forgetEnvironment(client: pg.Client): void {
  const { connectionParameters } = client as unknown as { readonly connectionParameters: Additions };
  connectionParameters.options = undefined;
  connectionParameters.replication = undefined;
}

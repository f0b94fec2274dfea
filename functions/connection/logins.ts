import type { ConnectionTarget } from '../core/pool-config.js';
import { Connection } from './connection.js';
import type { Login } from './credentials.js';
import { sqlState, toProblem } from './errors.js';
import { tlsOptions } from './tls.js';

/** Starts the connections of one user to one address, each with the password or token of its moment. */
export class Logins {
  readonly #target: ConnectionTarget;
  readonly #login: Login;

  constructor(target: ConnectionTarget, login: Login) {
    this.#target = target;
    this.#login = login;
  }

  /**
   * Starts a connection and uses it. Does so once more if the login was refused and there may be a new password.
   *
   * @throws what `use` throws, or ProblemError if the certificates cannot be read
   */
  async attempt<T>(use: (connection: Connection) => Promise<T>): Promise<T> {
    const { credentials, caFile } = this.#login;
    const ssl = await tlsOptions(this.#target, caFile);
    const attempt = () => use(new Connection(this.#target, ssl, () => credentials.password()));
    try {
      return await attempt();
    } catch (error) {
      if (isRefused(error) && credentials.refused()) {
        return await attempt();
      }
      throw error;
    }
  }
}

function isRefused(error: unknown): boolean {
  return sqlState(error) !== null && toProblem(error).code === 'PROBE.AUTH';
}

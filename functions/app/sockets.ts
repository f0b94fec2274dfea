import { Socket } from 'node:net';
import pg from 'pg';
import { forgetEnvironment, isolatedConfig } from '../connection/isolated-client.js';

type ConnectCallback = (error: Error, client?: unknown) => void;

/** The sockets of a pool's connections. With them no connection stays open after the pool has ended. */
export class Sockets {
  readonly #open = new Set<Socket>();

  /** Makes the socket of a new connection. The option `stream` of pg. */
  readonly make = (): Socket => {
    const socket = new Socket();
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
    return socket;
  };

  /** Resolves when all current sockets are closed. */
  async closed(): Promise<void> {
    await Promise.all([...this.#open].map((socket) => new Promise((resolve) => socket.once('close', resolve))));
  }

  /** Closes all sockets at once. */
  destroy(): void {
    for (const socket of this.#open) {
      socket.destroy();
    }
  }
}

/**
 * A client that closes its socket when its login fails. pg leaves the socket open if the error is on the client's side, such as
 * a password that cannot be fetched. The server would then keep a slot for it until `authentication_timeout`.
 */
export class LoginClient extends pg.Client {
  override connect(): Promise<pg.Client>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.Client> | undefined {
    if (!callback) {
      return super.connect().catch((error) => {
        this.connection.stream.destroy();
        throw error;
      });
    }
    super.connect((error: Error) => {
      if (error) {
        this.connection.stream.destroy();
      }
      callback(error, this);
    });
    return undefined;
  }
}

/** The same for pools of the monitor, whose logins do not depend on libpq's variables. */
export class IsolatedLoginClient extends LoginClient {
  constructor(config: pg.ClientConfig = {}) {
    super(isolatedConfig(config));
    forgetEnvironment(this);
  }
}

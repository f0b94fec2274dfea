import { Socket } from 'node:net';

/** The sockets of a pool's connections, so that none outlives the pool. */
export class Sockets {
  readonly #open = new Set<Socket>();

  /** One for a new connection, as `stream` of pg's options. */
  readonly make = (): Socket => {
    const socket = new Socket();
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
    return socket;
  };

  /** Resolves when all that there are now have closed. */
  async closed(): Promise<void> {
    await Promise.all([...this.#open].map((socket) => new Promise((resolve) => socket.once('close', resolve))));
  }

  /** Cuts them. */
  destroy(): void {
    for (const socket of this.#open) {
      socket.destroy();
    }
  }
}

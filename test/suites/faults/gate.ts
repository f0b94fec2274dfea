import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from 'node:net';

/** A TCP proxy in front of a server. A test can limit what passes, and close it. */
export class Gate {
  /** How many chunks of the server's answer pass on each new connection. */
  passes = Number.POSITIVE_INFINITY;
  /** The port where it listens; the same after a refusal. */
  port = 0;
  readonly #sockets = new Set<Socket>();
  readonly #listener: Server;

  private constructor(targetPort: () => number) {
    this.#listener = createServer((client) => this.#join(client, dial(targetPort(), '127.0.0.1')));
  }

  static async start(targetPort: () => number): Promise<Gate> {
    const gate = new Gate(targetPort);
    await gate.#listen(0);
    return gate;
  }

  async #listen(port: number): Promise<void> {
    await new Promise<void>((resolve) => this.#listener.listen(port, '127.0.0.1', resolve));
    this.port = (this.#listener.address() as AddressInfo).port;
  }

  #join(client: Socket, server: Socket): void {
    let left = this.passes;
    client.pipe(server);
    server.on('data', (piece: Buffer) => {
      left -= 1;
      if (left >= 0) {
        client.write(piece);
      }
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
  }

  /** Ends all connections and refuses new ones; returns what ends that. */
  async refuse(): Promise<() => Promise<void>> {
    await this.close();
    return () => this.#listen(this.port);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    await new Promise((resolve) => this.#listener.close(resolve));
  }
}

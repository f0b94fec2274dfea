import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { messageReader } from './messages.js';

/** A message of the protocol on its way. */
export interface Message {
  /** The letter of its type; empty for the first one of a client. */
  readonly type: string;
  readonly bytes: Buffer;
  /** Whether the client has asked for something, so that this answers it. */
  readonly isAfterQuery: boolean;
}

export const NOTHING = Buffer.alloc(0);

/** One of the two ways through a relay. */
export class Direction {
  /** What goes on instead of a message. */
  filter: (message: Message) => Buffer = ({ bytes }) => bytes;
  /** Whether every byte travels alone. */
  isSlow = false;
  /** How long each of those bytes keeps the next one waiting, in milliseconds. */
  pauseMs = 0;
  #gate = Promise.resolve();
  #open: () => void = () => undefined;

  /** Keeps all that comes, until `resume`. */
  pause(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  resume(): void {
    this.#open();
  }

  async deliver(bytes: Buffer, to: Socket): Promise<void> {
    await this.#gate;
    let rest = bytes;
    while (rest.length > 0 && !to.destroyed) {
      const piece = this.isSlow ? rest.subarray(0, 1) : rest;
      rest = rest.subarray(piece.length);
      to.write(piece);
      await (this.isSlow && this.pauseMs > 0 ? pause(this.pauseMs) : nextTurn());
    }
  }
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  hasAsked: boolean;
  isForgotten: boolean;
}

export type RelayAddress = { readonly path: string } | { readonly port: number; readonly host?: string };

const CANCEL_REQUEST_CODE = 80877102;

/** Stands between a check and a real server, misbehaves as it is told to, and counts what passes. */
export class Relay {
  readonly toServer = new Direction();
  readonly toClient = new Direction();
  /** Where connections that come from now on lead to. */
  targetPort: number;
  /** Connections of clients that were opened so far, other than to cancel something. */
  sessions = 0;
  /** How many of them were open at the same time, at most. */
  mostAtOnce = 0;
  statements = 0;
  cancelRequests = 0;
  /** Pieces that clients have sent into what is forgotten. */
  lost = 0;
  readonly #pairs = new Set<Pair>();
  readonly #open = new Set<Socket>();
  readonly #listener: Server;

  private constructor(targetPort: number) {
    this.targetPort = targetPort;
    this.#listener = createServer((client) => this.#accept(client));
  }

  /** @param address where clients find it; @default a free port */
  static async start(targetPort: number, address: RelayAddress = { port: 0 }): Promise<Relay> {
    const relay = new Relay(targetPort);
    const where = 'path' in address ? address : { host: '127.0.0.1', ...address };
    await new Promise<void>((resolve, reject) => {
      relay.#listener.once('error', reject);
      relay.#listener.listen(where, resolve);
    });
    return relay;
  }

  get port(): number {
    const address = this.#listener.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  /** Connections of clients that are open now, other than to cancel something. */
  get open(): number {
    return this.#open.size;
  }

  /** Resets every connection. */
  cut(): void {
    for (const { client } of this.#pairs) {
      client.resetAndDestroy();
    }
  }

  /** Says on every connection that nothing more will come, and goes on listening. */
  halfClose(): void {
    for (const { client } of this.#pairs) {
      client.end();
    }
  }

  /** From now on what exists leads nowhere, and nobody is told: as address translation that lost its table. */
  forget(): void {
    for (const pair of this.#pairs) {
      pair.isForgotten = true;
    }
  }

  /** Ends on both sides what was forgotten, as the keepalives of the server and of the client do in time. */
  endForgotten(): void {
    for (const pair of this.#pairs) {
      const { client, server, isForgotten } = pair;
      if (isForgotten) {
        client.destroy();
        server.destroy();
        this.#pairs.delete(pair);
      }
    }
  }

  async close(): Promise<void> {
    for (const { client, server } of this.#pairs) {
      client.destroy();
      server.destroy();
    }
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  #accept(client: Socket): void {
    const server = dial(this.targetPort, '127.0.0.1');
    const pair: Pair = { client, server, hasAsked: false, isForgotten: false };
    this.#pairs.add(pair);
    this.#join(pair, client, server, this.toServer, (message) => this.#count(client, pair, message));
    this.#join(pair, server, client, this.toClient);
    // Its end is noticed before its close, and so before the first message of the connection that replaces it.
    client.once('end', () => this.#open.delete(client));
    client.once('close', () => {
      this.#open.delete(client);
      if (!pair.isForgotten) {
        this.#pairs.delete(pair);
      }
    });
  }

  #join(pair: Pair, from: Socket, to: Socket, direction: Direction, see?: (message: Message) => void): void {
    const read = messageReader(from === pair.server);
    let delivered = Promise.resolve();
    from.on('data', (chunk: Buffer) => {
      if (pair.isForgotten) {
        this.lost += from === pair.client ? 1 : 0;
        return;
      }
      for (const { type, bytes } of read(chunk)) {
        const message = { type, bytes, isAfterQuery: pair.hasAsked };
        see?.(message);
        const instead = direction.filter(message);
        delivered = delivered.then(() => direction.deliver(instead, to));
      }
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      delivered = delivered.then(() => {
        if (!pair.isForgotten) {
          to.end();
        }
      });
    });
  }

  #count(client: Socket, pair: Pair, { type, bytes }: Message): void {
    if (type === 'Q') {
      pair.hasAsked = true;
      this.statements += 1;
    } else if (type === '' && bytes.readInt32BE(4) === CANCEL_REQUEST_CODE) {
      this.cancelRequests += 1;
    } else if (type === '') {
      this.sessions += 1;
      this.#open.add(client);
      this.mostAtOnce = Math.max(this.mostAtOnce, this.#open.size);
    }
  }
}

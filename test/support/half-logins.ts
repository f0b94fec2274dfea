import { connect, type Socket } from 'node:net';
import { messageReader } from './messages.js';

/** Where logins begin, and never end. */
export interface HalfLoginTarget {
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** @default false */
  readonly isReplication?: boolean;
}

/** Logins that stop where the server asks for the password: each holds a slot until `authentication_timeout`. */
export class HalfLogins {
  readonly #sockets: readonly Socket[];

  private constructor(sockets: readonly Socket[]) {
    this.#sockets = sockets;
  }

  /** Resolves when the server has asked each of them for its password. */
  static async open(count: number, target: HalfLoginTarget): Promise<HalfLogins> {
    return new HalfLogins(await Promise.all(Array.from({ length: count }, () => begin(target))));
  }

  close(): void {
    for (const socket of this.#sockets) {
      socket.destroy();
    }
  }
}

async function begin({ port, user, database, isReplication = false }: HalfLoginTarget): Promise<Socket> {
  const parameters = ['user', user, 'database', database, ...(isReplication ? ['replication', 'true'] : [])];
  const body = Buffer.from(`${parameters.join('\0')}\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + body.length, 0);
  /** Version 3.0 of the protocol. */
  head.writeInt32BE(3 << 16, 4);
  const socket = connect(port, '127.0.0.1');
  socket.write(Buffer.concat([head, body]));
  const read = messageReader(true);
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      for (const { type } of read(chunk)) {
        if (type === 'R') {
          resolve();
        } else {
          reject(new Error(`the login was refused: ${chunk.toString('latin1')}`));
        }
      }
    });
  });
  socket.on('error', () => undefined);
  return socket;
}

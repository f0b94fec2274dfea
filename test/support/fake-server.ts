import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { messageReader } from './messages.js';

/** A column as a server describes it: its type says how pg reads the texts. */
export interface Column {
  readonly name: string;
  readonly type: number;
}

/** A server that lets everybody in and answers every statement with what it is told to. */
export class FakeServer {
  /** What comes instead of an answer. */
  answer: Buffer = Buffer.alloc(0);
  readonly #sockets = new Set<Socket>();
  readonly #listener: Server;

  private constructor() {
    this.#listener = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => undefined);
      const read = messageReader(false);
      socket.on('data', (chunk: Buffer) => {
        for (const { type } of read(chunk)) {
          socket.write(type === '' ? LET_IN : type === 'Q' ? this.answer : '');
        }
      });
    });
  }

  static async start(): Promise<FakeServer> {
    const server = new FakeServer();
    await new Promise<void>((resolve) => server.#listener.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    await new Promise((resolve) => this.#listener.close(resolve));
  }
}

/** @see https://www.postgresql.org/docs/current/protocol-message-formats.html */
export function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

/** Rows as a server sends them. */
export function rows(columns: readonly Column[], values: readonly (readonly (string | null)[])[]): Buffer {
  const described = columns.map(({ name, type }) => {
    const fixed = Buffer.alloc(18);
    fixed.writeUInt32BE(type, 6);
    return Buffer.concat([Buffer.from(`${name.replaceAll('\0', '')}\0`), fixed]);
  });
  const lines = values.map((row) => message('D', Buffer.concat([int16(row.length), ...row.map(field)])));
  return Buffer.concat([message('T', Buffer.concat([int16(columns.length), ...described])), ...lines, DONE]);
}

function field(value: string | null): Buffer {
  const length = Buffer.alloc(4);
  const text = Buffer.from(value ?? '');
  length.writeInt32BE(value === null ? -1 : text.length);
  return Buffer.concat([length, text]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

const READY = message('Z', Buffer.from('I'));
/** What ends an answer. */
export const DONE = Buffer.concat([message('C', Buffer.from('SELECT 1\0')), READY]);
const LET_IN = Buffer.concat([
  message('R', Buffer.alloc(4)),
  message('K', Buffer.from([0, 0, 0, 9, 0, 0, 0, 9])),
  READY,
]);

import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { messageReader } from './messages.js';
import { pinsOf } from './pins.js';

const CANCEL_REQUEST = 80877102;
/** What an RDS Proxy accepts at the login. */
const ACCEPTED = new Set([
  'user',
  'database',
  'application_name',
  'client_encoding',
  'DateStyle',
  'TimeZone',
  'extra_float_digits',
  'search_path',
]);
/** No process has it: an RDS Proxy chooses a backend for each transaction. */
const MADE_UP_BACKEND = 1_000_000_007;

/** A message on its way; its type is a letter, or empty for the first one of a client. */
export interface Sent {
  readonly type: string;
  readonly bytes: Buffer;
}

/** What a full proxy sends to a client that has waited for a connection, in the words that AWS documents. */
export const BORROW_TIMEOUT_TEXT = 'Timed-out waiting to acquire database connection';

/** A proxy whose connections to the server are all borrowed. */
export interface FullProxy {
  readonly borrowTimeoutMs: number;
  /** Public reports have 08000; AWS documents none. Null: the error has none. */
  readonly sqlstate: string | null;
  /** @default BORROW_TIMEOUT_TEXT */
  readonly text?: string;
  /** Whether it then ends the connection of the client, which AWS does not document either. @default false */
  readonly isFatal?: boolean;
}

/**
 * Stands before a real server and refuses what an RDS Proxy refuses, in its own words; and tells what would pin a session.
 *
 * @see https://github.com/mithrandyr/SimplySql/issues/66 for the words about options
 * @see https://github.com/psycopg/psycopg2/issues/1577 for those about command-line options
 */
export class ProxyWire {
  /** What an RDS Proxy refuses or would pin a session for, in the order in which it came. */
  readonly faults: string[] = [];
  statements = 0;
  logins = 0;
  /** Statements that wait for a connection now, and the most that ever waited at the same time. */
  waiting = 0;
  mostWaiting = 0;
  /** How many statements had waited too long. */
  borrowTimeouts = 0;
  /** Null: every statement gets a connection. Statements that wait stay where they are until they had their time. */
  full: FullProxy | null = null;
  /** What is taken for a message of the client instead of it. */
  tamper: (message: Sent) => Buffer = ({ bytes }) => bytes;
  readonly #targetPort: number;
  readonly #sockets = new Set<Socket>();
  readonly #listener: Server;

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#listener = createServer({ noDelay: true }, (client) => this.#accept(client));
  }

  static async start(targetPort: number): Promise<ProxyWire> {
    const wire = new ProxyWire(targetPort);
    await new Promise<void>((resolve) => wire.#listener.listen(0, '127.0.0.1', resolve));
    return wire;
  }

  get port(): number {
    const address = this.#listener.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  #accept(client: Socket): void {
    const server = dial({ port: this.#targetPort, host: '127.0.0.1', noDelay: true });
    this.#join(client, server, messageReader(false), (message) => {
      const { type } = message;
      const bytes = this.tamper(message);
      const refusal = type === '' ? this.#refusalOf(bytes) : null;
      if (refusal !== null) {
        client.end(refusal);
        server.destroy();
        return null;
      }
      this.#inspect(type, bytes);
      this.logins += type === '' ? 1 : 0;
      if (type === 'Q' && this.full) {
        this.#wait(this.full, client);
        return null;
      }
      return bytes;
    });
    this.#join(server, client, messageReader(true), ({ type, bytes }) => {
      if (type === 'K') {
        bytes.writeInt32BE(MADE_UP_BACKEND, 5);
      }
      return bytes;
    });
  }

  #join(from: Socket, to: Socket, read: ReturnType<typeof messageReader>, pass: Pass): void {
    this.#sockets.add(from);
    from.on('data', (chunk: Buffer) => {
      for (const message of read(chunk)) {
        const passed = pass(message);
        if (passed) {
          to.write(passed);
        }
      }
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      this.#sockets.delete(from);
      to.end();
    });
  }

  /** What the first message of a client is answered, before the connection is closed; null for a login that is accepted. */
  #refusalOf(bytes: Buffer): Buffer | null {
    if (bytes.readInt32BE(4) === CANCEL_REQUEST) {
      this.faults.push('CancelRequest');
      return Buffer.alloc(0);
    }
    const parts = bytes.toString('utf8', 8).split('\0');
    const names = parts.filter((_, index) => index % 2 === 0 && parts[index] !== '');
    const unknown = names.find((name) => !ACCEPTED.has(name));
    if (unknown === undefined) {
      return null;
    }
    this.faults.push(unknown);
    const what = unknown === 'options' ? 'command-line options' : `the option ${unknown}`;
    return errorMessage('0A000', `Feature not supported: RDS Proxy currently doesn’t support ${what}.`);
  }

  /** Answers a statement when its time is over, unless its client has gone. */
  #wait({ borrowTimeoutMs, sqlstate, text = BORROW_TIMEOUT_TEXT, isFatal = false }: FullProxy, client: Socket): void {
    this.waiting += 1;
    this.mostWaiting = Math.max(this.mostWaiting, this.waiting);
    const end = () => {
      clearTimeout(timer);
      client.off('close', end);
      this.waiting -= 1;
    };
    const timer = setTimeout(() => {
      end();
      this.borrowTimeouts += 1;
      if (isFatal) {
        client.end(errorMessage(sqlstate, text));
      } else {
        client.write(Buffer.concat([errorMessage(sqlstate, text, 'ERROR'), READY]));
      }
    }, borrowTimeoutMs);
    client.on('close', end);
  }

  #inspect(type: string, bytes: Buffer): void {
    const [first = '', second = ''] = bytes.toString('utf8', 5).split('\0');
    if (type === 'Q') {
      this.statements += 1;
      this.faults.push(...pinsOf(first));
    } else if (type === 'P') {
      this.faults.push(...(first === '' ? [] : ['a named statement']), ...pinsOf(second));
    }
  }
}

type Pass = (message: Sent) => Buffer | null;

/** ReadyForQuery outside a transaction. */
const READY = Buffer.from('5a0000000549', 'hex');

/** @see https://www.postgresql.org/docs/current/protocol-message-formats.html ErrorResponse */
function errorMessage(sqlstate: string | null, text: string, severity = 'FATAL'): Buffer {
  const code = sqlstate === null ? '' : `C${sqlstate}\0`;
  const body = Buffer.from(`S${severity}\0V${severity}\0${code}M${text}\0\0`);
  const head = Buffer.from('E\0\0\0\0');
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

import type { Duplex } from 'node:stream';

/** @see https://www.postgresql.org/docs/current/protocol-message-formats.html */
const ERROR_RESPONSE = 0x45;
const NOTICE_RESPONSE = 0x4e;
const READY_FOR_QUERY = 0x5a;
/** One byte for the type, four for the length, which counts itself but not the type. */
const HEADER_BYTES = 5;
/** Limit for one response. The response to a check is a thousandth of it. */
const MAX_RESPONSE_BYTES = 16 * 1024 * 1024;
const EMPTY: Buffer = Buffer.alloc(0);

/**
 * Filters what pg reads from a stream, and turns what the filter or pg's parser throws into an error of the stream. pg
 * throws on responses that it cannot parse, such as a Kerberos login. Uncaught, one such server would end the process, and
 * with it the checks of all pools.
 *
 * @param filter returns the bytes that pg may read of each chunk; throws to reject the stream
 */
export function guardStream(stream: Duplex, filter: (chunk: Buffer) => Buffer): void {
  const emit = stream.emit.bind(stream);
  stream.emit = (event: string | symbol, ...args: unknown[]) => {
    const [chunk] = args;
    if (event !== 'data' || !Buffer.isBuffer(chunk)) {
      return emit(event, ...args);
    }
    try {
      const accepted = filter(chunk);
      return accepted.length === 0 || emit(event, accepted);
    } catch (error) {
      stream.destroy(error instanceof Error ? error : undefined);
      return true;
    }
  };
}

/**
 * A filter for `guardStream` that passes only complete messages that pg can parse. pg would parse an unterminated list of
 * fields forever, and no timeout interrupts a synchronous loop. A response above the limit is rejected before it fills the
 * memory.
 *
 * @returns a function that takes the next chunk and returns the messages that the chunk completes; it throws an `Error` if
 *   the server does not speak PostgreSQL's protocol
 */
export function completeMessages(): (chunk: Buffer) => Buffer {
  let rest = EMPTY;
  let bytesSinceReady = 0;
  return (chunk) => {
    bytesSinceReady += chunk.length;
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let end = 0;
    while (end + HEADER_BYTES <= rest.length) {
      const next = end + 1 + rest.readUInt32BE(end + 1);
      if (next < end + HEADER_BYTES || next - end > MAX_RESPONSE_BYTES) {
        throw new Error('invalid message length');
      }
      if (next > rest.length) {
        break;
      }
      const type = rest[end];
      if (
        (type === ERROR_RESPONSE || type === NOTICE_RESPONSE) &&
        !isTerminated(rest.subarray(end + HEADER_BYTES, next))
      ) {
        throw new Error('unterminated list of fields');
      }
      bytesSinceReady = type === READY_FOR_QUERY ? rest.length - next : bytesSinceReady;
      end = next;
    }
    if (bytesSinceReady > MAX_RESPONSE_BYTES) {
      throw new Error('response too large');
    }
    const complete = rest.subarray(0, end);
    rest = rest.subarray(end);
    return complete;
  };
}

/** Whether a zero byte ends the list of fields. Each field is a type byte and a zero-terminated string. */
function isTerminated(fields: Buffer): boolean {
  let at = 0;
  while (at < fields.length && fields[at] !== 0) {
    const end = fields.indexOf(0, at + 1);
    at = end === -1 ? fields.length : end + 1;
  }
  return at < fields.length;
}

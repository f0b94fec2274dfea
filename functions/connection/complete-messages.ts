/** Letters of messages that end with a list of fields. @see https://www.postgresql.org/docs/current/protocol-message-formats.html */
const ERROR_RESPONSE = 0x45;
const NOTICE_RESPONSE = 0x4e;
const READY_FOR_QUERY = 0x5a;
/** A letter, and a length that counts itself but not the letter. */
const HEAD_BYTES = 5;
/** What a server may say before it is ready for the next question. A check's own answers are a thousandth of it. */
const MOST_BYTES = 16 * 1024 * 1024;
const NOTHING = Buffer.alloc(0);

/**
 * Lets through complete messages only, of a shape that pg can read to its end: it would read a list of fields without an
 * end for ever, and no deadline ends what never gives the processor back. What is more than any answer to a check is
 * refused as well, before it fills the memory.
 *
 * @returns gives, for each piece of the stream, the messages that it completes
 * @throws Error when the server says something else than PostgreSQL would
 */
export function completeMessages(): (piece: Buffer) => Buffer {
  let rest: Buffer = NOTHING;
  let bytesSinceReady = 0;
  return (piece) => {
    bytesSinceReady += piece.length;
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let end = 0;
    while (end + HEAD_BYTES <= rest.length) {
      const next = end + 1 + rest.readUInt32BE(end + 1);
      if (next < end + HEAD_BYTES || next - end > MOST_BYTES) {
        throw new Error('a message of an impossible length');
      }
      if (next > rest.length) {
        break;
      }
      const letter = rest[end];
      if ((letter === ERROR_RESPONSE || letter === NOTICE_RESPONSE) && !hasEnd(rest.subarray(end + HEAD_BYTES, next))) {
        throw new Error('fields without an end');
      }
      bytesSinceReady = letter === READY_FOR_QUERY ? rest.length - next : bytesSinceReady;
      end = next;
    }
    if (bytesSinceReady > MOST_BYTES) {
      throw new Error('an answer without an end');
    }
    const complete = rest.subarray(0, end);
    rest = rest.subarray(end);
    return complete;
  };
}

/** Whether fields, each a letter and a text that ends with a zero, end with a zero of their own. */
function hasEnd(fields: Buffer): boolean {
  let at = 0;
  while (at < fields.length && fields[at] !== 0) {
    const end = fields.indexOf(0, at + 1);
    at = end === -1 ? fields.length : end + 1;
  }
  return at < fields.length;
}

/**
 * Puts the pieces of a stream together to messages of the protocol: a letter, a length of four bytes that counts itself,
 * and so many bytes. The first message of a client has no letter.
 *
 * @see https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export function messageReader(isFirstTyped: boolean): (chunk: Buffer) => { type: string; bytes: Buffer }[] {
  let rest: Buffer = Buffer.alloc(0);
  let letters = isFirstTyped ? 1 : 0;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const complete = [];
    while (rest.length >= letters + 4 && rest.length >= letters + rest.readInt32BE(letters)) {
      const length = letters + rest.readInt32BE(letters);
      complete.push({ type: rest.toString('latin1', 0, letters), bytes: rest.subarray(0, length) });
      rest = rest.subarray(length);
      letters = 1;
    }
    return complete;
  };
}

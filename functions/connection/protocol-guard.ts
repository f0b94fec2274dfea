import type { Duplex } from 'node:stream';

/**
 * Stands before the listener of `data` in which pg parses answers. What that throws becomes an error of the stream: it
 * throws at answers that it cannot parse or does not know, a login by Kerberos among them; uncaught, one such server would
 * end the process and with it the checks of all pools.
 *
 * @param admit gives what pg may see of each piece, and throws at what it must not see
 */
export function guard(stream: Duplex, admit: (piece: Buffer) => Buffer): void {
  const emit = stream.emit.bind(stream);
  stream.emit = (event: string | symbol, ...args: unknown[]) => {
    const [piece] = args;
    if (event !== 'data' || !Buffer.isBuffer(piece)) {
      return emit(event, ...args);
    }
    try {
      const admitted = admit(piece);
      return admitted.length === 0 || emit(event, admitted);
    } catch (error) {
      stream.destroy(error instanceof Error ? error : undefined);
      return true;
    }
  };
}

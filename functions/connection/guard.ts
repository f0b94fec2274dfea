import type { Duplex } from 'node:stream';

/**
 * Turns what a listener of `data` throws into an error of the stream. pg parses answers in such a listener and throws at
 * those it cannot parse or does not know, a login by Kerberos among them; uncaught, one such server would end the process
 * and with it the checks of all pools.
 */
export function guard(stream: Duplex): void {
  const emit = stream.emit.bind(stream);
  stream.emit = (event: string | symbol, ...args: unknown[]) => {
    if (event !== 'data') {
      return emit(event, ...args);
    }
    try {
      return emit(event, ...args);
    } catch (error) {
      stream.destroy(error instanceof Error ? error : undefined);
      return true;
    }
  };
}

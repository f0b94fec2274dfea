import net from 'node:net';

/** @see https://www.postgresql.org/docs/current/protocol-message-formats.html */
const CANCEL_REQUEST_CODE = 80877102;
const CONNECT_MS = 1_000;

/**
 * Asks a server to end the statement that a backend of it runs, on a connection of its own. Never throws and never waits
 * for the outcome, which the protocol does not tell.
 *
 * @param secretKey what the server told with the process id at the login
 */
export function requestCancel(server: net.NetConnectOpts, processId: number, secretKey: number): void {
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt32BE(CANCEL_REQUEST_CODE, 4);
  request.writeInt32BE(processId, 8);
  request.writeInt32BE(secretKey, 12);
  const socket = net.connect({ ...server, timeout: CONNECT_MS });
  socket.unref();
  socket.on('error', () => socket.destroy());
  socket.on('timeout', () => socket.destroy());
  socket.end(request);
}

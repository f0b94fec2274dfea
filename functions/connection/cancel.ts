import net from 'node:net';

/** @see https://www.postgresql.org/docs/current/protocol-message-formats.html */
const CANCEL_REQUEST_CODE = 80877102;
const CONNECT_TIMEOUT_MS = 1_000;

/**
 * Requests that a server cancels the statement of a backend. Opens a connection of its own and returns at once: the
 * protocol does not report the outcome. Never throws.
 *
 * @param processId from the `BackendKeyData` message of the login
 * @param secretKey from the same message
 */
export function requestCancel(server: net.NetConnectOpts, processId: number, secretKey: number): void {
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt32BE(CANCEL_REQUEST_CODE, 4);
  request.writeInt32BE(processId, 8);
  request.writeInt32BE(secretKey, 12);
  const socket = net.connect({ ...server, timeout: CONNECT_TIMEOUT_MS });
  socket.unref();
  socket.on('error', () => socket.destroy());
  socket.on('timeout', () => socket.destroy());
  socket.end(request);
}

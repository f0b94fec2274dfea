import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestServer } from './postgres.js';
import { until } from './until.js';

/** Sockets opened at the same time. */
const BATCH = 25;

/** The SQLSTATE with which a login of a superuser is refused now; null when it succeeds. */
export async function refusal(server: TestServer): Promise<string | null> {
  try {
    await (await server.connect()).end();
    return null;
  } catch (error) {
    return `${(error as { code?: string }).code}`;
  }
}

/**
 * Opens sockets and sends nothing, until the server refuses every login. No view of the server has them, and it closes each
 * after `authentication_timeout` (a minute).
 *
 * @returns closes them, and waits until the server lets clients log in
 */
export async function holdSlotsInSilence(server: TestServer): Promise<() => Promise<void>> {
  const sockets = new Set<Socket>();
  while ((await refusal(server)) !== '53300') {
    const batch = Array.from({ length: BATCH }, () => connect(server.postgres.port, '127.0.0.1'));
    for (const socket of batch) {
      sockets.add(socket.on('error', () => undefined));
    }
    await Promise.all(batch.map((socket) => once(socket, 'connect')));
  }
  return async () => {
    for (const socket of sockets) {
      socket.destroy();
    }
    await until('the server lets clients log in', async () => (await refusal(server)) === null);
  };
}

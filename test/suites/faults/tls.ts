import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { serverAccount } from '../../../functions/dev/embedded-postgres/binaries.js';
import { giveTo } from '../../../functions/dev/embedded-postgres/init-database.js';
import type { Certificate } from '../../support/certificates.js';
import { authority, issue } from '../../support/certificates.js';
import { until } from '../../support/until.js';
import type { Gate } from './gate.js';
import type { Fault, Lift } from './row.js';
import type { Scene } from './scene.js';

/** What the TLS faults need in addition to the scene. */
export interface TlsScene {
  readonly ours: Certificate;
  readonly good: Certificate;
  /** In front of the server. It passes encrypted bytes on without reading them. */
  readonly gate: Gate;
  /** Where the gate leads to. */
  readonly target: { port: number };
}

let around: TlsScene;

/** Sets the scene that the rows use. */
export function arrange(scene: TlsScene): void {
  around = scene;
}

/** From now on the server shows this certificate, or speaks no TLS at all. */
export async function show({ server }: Scene, certificate: Certificate | null): Promise<void> {
  const data = join(server.postgres.directory, 'data');
  for (const [name, text] of Object.entries({ 'server.crt': certificate?.cert, 'server.key': certificate?.key })) {
    writeFileSync(join(data, name), text ?? '', { mode: 0o600 });
    giveTo(serverAccount(), join(data, name));
  }
  await server.sql(`ALTER SYSTEM SET ssl = ${certificate ? 'on' : 'off'}`);
  await server.sql('SELECT pg_reload_conf()');
  // The server sends no signal when it has read them.
  await until('the server has read its settings', async () => {
    const [row] = await server.sql(
      `SELECT now() - pg_conf_load_time() < '1 s' AS "isNew", current_setting('ssl') AS ssl`,
    );
    return row?.isNew === true && row.ssl === (certificate ? 'on' : 'off');
  });
}

const refused = (fault: string, certificate: () => Promise<Certificate | null>, note: string): Fault => ({
  side: 'TLS',
  fault,
  promise: { status: 'unhealthy', codes: ['PROBE.TLS'], note },
  make: async (scene) => {
    await show(scene, await certificate());
    await scene.endSessions();
    return () => show(scene, around.good);
  },
});

/** Agrees to TLS, and then begins a message that is as long as none can be. Gives what ends it. */
async function babble({ key, cert }: Certificate): Promise<{ port: number; end: Lift }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write('S');
      const secure = new TLSSocket(socket, { isServer: true, key, cert });
      secure.on('error', () => undefined);
      secure.once('data', () => secure.write(Buffer.from('R\x7f\xff\xff\xff', 'latin1')));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const end = () => {
    for (const socket of sockets) {
      socket.destroy();
    }
    return new Promise((resolve) => server.close(resolve));
  };
  return { port: (server.address() as AddressInfo).port, end };
}

export const tls: readonly Fault[] = [
  refused(
    'a certificate that signed itself',
    () => issue({ by: null, ip: '127.0.0.1' }),
    'The details say which reason; there is no fall-back.',
  ),
  refused(
    'a certificate that has expired',
    () => issue({ by: around.ours, ip: '127.0.0.1', days: [-2, -1] }),
    'No fall-back.',
  ),
  refused('a certificate for another name', () => issue({ by: around.ours, dns: 'db.example' }), 'No fall-back.'),
  refused(
    'a certificate of an unknown authority',
    async () => issue({ by: await authority('another'), ip: '127.0.0.1' }),
    'No fall-back.',
  ),
  refused('a server without TLS, while it is required', async () => null, 'Nothing is sent to it, no fall-back.'),
  {
    side: 'network',
    fault: 'black hole: no answer in the TLS handshake',
    promise: { status: 'unhealthy', codes: ['PROBE.TIMEOUT'] },
    make: async (scene) => {
      await scene.endSessions();
      // The server's one letter that agrees to TLS, and then nothing.
      around.gate.passes = 1;
      return async () => {
        around.gate.passes = Number.POSITIVE_INFINITY;
      };
    },
  },
  {
    side: 'PostgreSQL',
    fault: 'protocol garbage, inside TLS',
    promise: { status: 'unhealthy', codes: ['PROBE.QUERY'] },
    make: async (scene) => {
      const { target, good } = around;
      const { port } = target;
      const babbler = await babble(good);
      target.port = babbler.port;
      await scene.endSessions();
      return async () => {
        target.port = port;
        await babbler.end();
      };
    },
  },
];

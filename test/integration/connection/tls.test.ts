import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { fixedPassword } from '../../../functions/connection/credentials.js';
import { SharedConnection } from '../../../functions/connection/shared-connection.js';
import type { ConnectionTarget } from '../../../functions/core/pool-config.js';
import type { Problem } from '../../../functions/core/problems.js';
import { serverAccount } from '../../../functions/dev/embedded-postgres/binaries.js';
import { giveTo } from '../../../functions/dev/embedded-postgres/init-database.js';
import { PostgresProbe } from '../../../functions/postgres/probe.js';
import { authority, type Certificate, issue } from '../../support/certificates.js';
import { onTurns } from '../../support/clock.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { CHECK_ROLE, configFor } from '../../support/probe.js';
import { until } from '../../support/until.js';
import { SHORT } from '../../support/wire.js';

onTurns();

const folder = mkdtempSync(join(tmpdir(), 'pool-health-tls-'));
const sessions: SharedConnection[] = [];
let server: TestServer;
let ours: Certificate;
let theirs: Certificate;

beforeAll(async () => {
  server = await startTestServer({ log_connections: 'on' });
  await server.createRole(CHECK_ROLE, 'IN ROLE pg_monitor');
  [ours, theirs] = await Promise.all([authority('our authority'), authority('their authority')]);
});
afterEach(async () => {
  await Promise.all(sessions.splice(0).map((session) => session.close()));
});
afterAll(async () => {
  await server?.close();
  rmSync(folder, { recursive: true });
});

/** Starts the server anew with this certificate, or without TLS, and with an empty log. */
async function serve(certificate: Certificate | null): Promise<void> {
  const data = join(server.postgres.directory, 'data');
  for (const [name, text] of Object.entries({ 'server.crt': certificate?.cert, 'server.key': certificate?.key })) {
    writeFileSync(join(data, name), text ?? '', { mode: 0o600 });
    giveTo(serverAccount(), join(data, name));
  }
  await server.sql(`ALTER SYSTEM SET ssl = ${certificate ? 'on' : 'off'}`);
  await server.postgres.stop();
  await server.postgres.start();
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function serverLog(): string {
  return readFileSync(join(server.postgres.directory, 'postgres.log'), 'utf8');
}

function probe(
  caFile: string | null,
  { endpoint = '127.0.0.1', port = server.postgres.port, tls = 'verify-full' }: Partial<ConnectionTarget> = {},
): PostgresProbe {
  const config = configFor(server, { endpoint, port, tls });
  const credentials = fixedPassword(server.postgres.password);
  const session = new SharedConnection({ target: config, caFile, credentials, isPooled: false, timeouts: SHORT });
  sessions.push(session);
  return new PostgresProbe(config, session);
}

async function problemsOf(watching: PostgresProbe): Promise<readonly Problem[]> {
  return (await watching.probe()).problems;
}

describe('a server whose certificate a private authority issued', () => {
  test.each(['127.0.0.1', 'localhost'])(
    'is probed with TLS if sslrootcert names the authority: %s',
    async (endpoint) => {
      await serve(await issue({ by: ours, dns: 'localhost', ip: '127.0.0.1' }));
      const caFile = file('ours.pem', ours.cert);
      expect(await problemsOf(probe(caFile, { endpoint }))).toEqual([]);
      const seen = await server.sql(
        `SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = '${CHECK_ROLE}'`,
      );
      expect(seen).toEqual([{ ssl: true }]);
    },
  );

  test('a statement that times out is cancelled there, too', async () => {
    await serve(await issue({ by: ours, ip: '127.0.0.1' }));
    const watching = probe(file('ours.pem', ours.cert));
    expect(await problemsOf(watching)).toEqual([]);
    const locker = await server.connect();
    await locker.query('BEGIN');
    await locker.query('LOCK TABLE pg_catalog.pg_database IN ACCESS EXCLUSIVE MODE');
    expect(await problemsOf(watching)).toMatchObject([{ code: 'PROBE.TIMEOUT' }]);
    await until('the statement is cancelled', () => serverLog().includes('canceling statement due to user request'));
    await locker.end();
  });
});

describe('verify-ca', () => {
  const named = () => issue({ by: ours, dns: 'project:region:instance' });

  test('accepts a certificate of the authority that does not have the host name, as in Cloud SQL', async () => {
    await serve(await named());
    expect(await problemsOf(probe(file('ours.pem', ours.cert), { tls: 'verify-ca' }))).toEqual([]);
    const seen = await server.sql(
      `SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = '${CHECK_ROLE}'`,
    );
    expect(seen).toEqual([{ ssl: true }]);
  });

  test.each<[string, () => Promise<Certificate | null>, string]>([
    ['of another authority', () => issue({ by: theirs, ip: '127.0.0.1' }), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['that signed itself', () => issue({ by: null, ip: '127.0.0.1' }), 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['that expired', () => issue({ by: ours, ip: '127.0.0.1', days: [-2, -1] }), 'CERT_HAS_EXPIRED'],
    ['that is none: no TLS', async () => null, 'The server does not support SSL connections'],
  ])('refuses a certificate %s', async (_, certificate, reason) => {
    await serve(await certificate());
    expect(await problemsOf(probe(file('ours.pem', ours.cert), { tls: 'verify-ca' }))).toMatchObject([
      { code: 'PROBE.TLS', values: { reason } },
    ]);
  });
});

describe('a server that cannot be verified is refused with the reason, and never used without TLS', () => {
  const READABLE = 'the file that sslrootcert names cannot be read';
  test.each<[string, () => Promise<Certificate | null>, () => string | null, string]>([
    [
      'it signed its certificate itself',
      () => issue({ by: null, ip: '127.0.0.1' }),
      () => null,
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    ],
    [
      'its certificate expired',
      () => issue({ by: ours, ip: '127.0.0.1', days: [-2, -1] }),
      () => file('ours.pem', ours.cert),
      'CERT_HAS_EXPIRED',
    ],
    [
      'its certificate is not valid yet',
      () => issue({ by: ours, ip: '127.0.0.1', days: [1, 2] }),
      () => file('ours.pem', ours.cert),
      'CERT_NOT_YET_VALID',
    ],
    [
      'its certificate is for another name',
      () => issue({ by: ours, dns: 'db.example' }),
      () => file('ours.pem', ours.cert),
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    [
      'its authority is unknown',
      () => issue({ by: ours, ip: '127.0.0.1' }),
      () => null,
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ],
    [
      'it is another authority than the one that sslrootcert names',
      () => issue({ by: ours, ip: '127.0.0.1' }),
      () => file('theirs.pem', theirs.cert),
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ],
    [
      'sslrootcert names a file without a certificate',
      () => issue({ by: ours, ip: '127.0.0.1' }),
      () => file('empty.pem', 'no certificate'),
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ],
    [
      'sslrootcert names a file that is not there',
      () => issue({ by: ours, ip: '127.0.0.1' }),
      () => join(folder, 'missing.pem'),
      READABLE,
    ],
    ['sslrootcert names a folder', () => issue({ by: ours, ip: '127.0.0.1' }), () => folder, READABLE],
    [
      'it has no TLS',
      async () => null,
      () => file('ours.pem', ours.cert),
      'The server does not support SSL connections',
    ],
  ])('%s', async (_, certificate, caFile, reason) => {
    await serve(await certificate());
    expect(await problemsOf(probe(caFile()))).toEqual([{ code: 'PROBE.TLS', severity: 'error', values: { reason } }]);
    expect(serverLog()).toContain('connection authorized: user=postgres');
    expect(serverLog()).not.toContain(`connection authorized: user=${CHECK_ROLE}`);
  });
});

test('an invalid response inside TLS is a problem, too, and closes only the connection', async () => {
  const { cert, key } = await issue({ by: ours, ip: '127.0.0.1' });
  const unknownLogin = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 99]);
  const stranger = createServer((socket) => {
    socket.once('data', () => {
      socket.write('S');
      const secured = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext({ cert, key }) });
      secured.on('data', () => secured.write(unknownLogin));
      secured.on('error', () => undefined);
    });
  });
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  const { port } = stranger.address() as AddressInfo;
  const watching = probe(file('ours.pem', ours.cert), { port });
  expect(await problemsOf(watching)).toMatchObject([{ code: 'PROBE.QUERY', values: { reason: 'unexpected answer' } }]);
  await new Promise((resolve) => stranger.close(resolve));
});

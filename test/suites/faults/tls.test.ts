import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { authority, issue } from '../../support/certificates.js';
import { Gate } from './gate.js';
import { DATABASE, ROLE } from './scene.js';
import { arrange, show, tls } from './tls.js';
import { tryFaults } from './try-each.js';

const folder = mkdtempSync(join(tmpdir(), 'pool-health-faults-'));
const caFile = join(folder, 'marked-ca.pem');
const target = { port: 0 };
const gate = await Gate.start(() => target.port);
const ours = await authority('our authority');
const good = await issue({ by: ours, ip: '127.0.0.1' });
arrange({ ours, good, gate, target });
writeFileSync(caFile, ours.cert);
afterAll(async () => {
  await gate.close();
  rmSync(folder, { recursive: true });
});

// Only a URL names an authority of one's own; `sslmode` is left out of it where it is the default elsewhere.
tryFaults('TLS', tls, {
  prepare: async (scene) => {
    target.port = scene.server.postgres.port;
    await show(scene, good);
  },
  url: ({ password }) =>
    `postgres://${ROLE}:${password}@127.0.0.1:${gate.port}/${DATABASE}?sslmode=verify-full&sslrootcert=${caFile}`,
});

import { startTestServer } from '/work/main/test/support/postgres.js';
import { writeFileSync } from 'node:fs';
const s = await startTestServer({ max_connections: '40' });
await s.createCheckRole('pool_health'); await s.createRole('shop_app'); await s.createDatabase('shop');
writeFileSync('/tmp/proto/pg.env', `export E2E_PORT=${s.postgres.port} E2E_PASSWORD=${s.postgres.password}\n`);
await s.open(3, 'active', { user: 'shop_app', database: 'shop' }); await s.open(2, 'idle', { user: 'shop_app', database: 'shop' });
process.on('SIGTERM', () => { void s.close().then(() => process.exit(0)); });
setInterval(() => undefined, 1000);

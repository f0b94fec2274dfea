import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { JsonFinding } from '../../../functions/cli/commands/doctor.js';
import { runHere } from '../../support/cli.js';
import { APP, POOL_SIZE, Scene, SHOP } from './scene.js';

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.start();
});
afterEach(() => scene.clear());
afterAll(() => scene?.server.close());

/** The doctor behind the PgBouncer, as the application. */
async function doctor(environment: Readonly<Record<string, string>> = {}) {
  const { password } = scene.server.postgres;
  const DATABASE_URL = `postgres://${APP}:${password}@127.0.0.1:${scene.pooler.port}/${SHOP}`;
  const { out } = await runHere(['doctor', '--json'], { environment: { DATABASE_URL, ...environment } });
  const { findings }: { findings: JsonFinding[] } = JSON.parse(out);
  return (about: string) => findings.find((finding) => finding.about === about);
}

test('the doctor sees a PgBouncer whose console answers, and its limits', async () => {
  await scene.pool({ pool_mode: 'transaction', stats_users: APP, max_client_conn: '30' });
  await scene.client();
  const about = await doctor({ DATABASE_POOL_MAX: '40' });
  expect(about('managed pool')).toMatchObject({
    state: 'wrong',
    text: 'The settings allow 40 connections, but PgBouncer accepts 30 clients.',
    mend: { kind: 'setting', text: 'max_client_conn = 40 in pgbouncer.ini' },
  });
  expect(about('ceiling')?.mend?.text).toBe(`DATABASE_POOL_MAX=${POOL_SIZE} or less, or raise that limit`);
  const content = await doctor({ DATABASE_POOL_MAX: String(POOL_SIZE) });
  expect(content('ceiling')?.state).toBe('fine');
  expect(content('managed pool')).toMatchObject({
    state: 'fine',
    text: `PgBouncer may open up to ${POOL_SIZE} connections for this pool and accepts up to 30 clients.`,
  });
});

test('a PgBouncer whose console does not answer is some pooler, and what to do is said', async () => {
  await scene.pool({ pool_mode: 'transaction' });
  const about = await doctor();
  expect(about('managed pool')).toMatchObject({ state: 'unseen', text: expect.stringContaining('stats_users') });
  expect(about('grant')?.state).toBe('fine');
});

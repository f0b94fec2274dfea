import { Pool } from 'pg';
import { expect } from 'vitest';
import type { JsonFinding } from '../../../functions/cli/commands/doctor.js';
import { runHere } from '../../support/cli.js';
import type { Scenario } from './row.js';
import { DATABASE, ROLE, type Scene } from './scene.js';

const APPLICATION = 'marked_app';
/** The size of the application's pool. */
const MAX = 10;

/** Runs every statement that the doctor prints for a role; gives how many. */
async function followDoctor(scene: Scene, user: string, isShared: boolean): Promise<number> {
  const { server, password } = scene;
  const login = user === ROLE ? { user, password, database: DATABASE } : { user, database: DATABASE };
  const environment = {
    DATABASE_URL: server.postgres.url(login),
    DATABASE_POOL_MAX: `${MAX}`,
    POOL_HEALTH_SHARED_USER: `${isShared}`,
  };
  const { out } = await runHere(['doctor', '--json'], { environment });
  const { findings }: { findings: JsonFinding[] } = JSON.parse(out);
  const statements = findings.flatMap(({ mend: fix }) => (fix?.kind === 'sql' ? [fix.text] : []));
  for (const statement of statements) {
    await server.sql(statement);
  }
  return statements.length;
}

/** How many connections a pool of the application gets at its full size, beside a session of the check. */
async function acquired(scene: Scene, checkUser: string): Promise<number> {
  const { server, password } = scene;
  const login = checkUser === ROLE ? { user: checkUser, password } : { user: checkUser };
  const check = await server.connect({ ...login, database: DATABASE, applicationName: 'pool-health' });
  const pool = new Pool({ ...server.postgres.connection({ user: APPLICATION, database: DATABASE }), max: MAX });
  const results = await Promise.allSettled(Array.from({ length: MAX }, () => pool.connect()));
  const clients = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  for (const client of clients) {
    client.release();
  }
  await pool.end();
  await check.end();
  return clients.length;
}

export const advice: readonly Scenario[] = [
  {
    side: 'PostgreSQL',
    fault:
      'an administrator runs every statement that `doctor` prints, for the role of the check and for that of the application',
    promise: 'the application gets all connections of its pool, beside the check',
    run: async (scene) => {
      await scene.server.sql(`ALTER ROLE ${ROLE} CONNECTION LIMIT -1`);
      await scene.server.sql(`ALTER ROLE ${ROLE} RESET statement_timeout`);
      const idle = await scene.server.open(1, 'idle in transaction', { user: APPLICATION, database: DATABASE });
      expect(await followDoctor(scene, ROLE, false)).toBe(3);
      expect(await followDoctor(scene, APPLICATION, true)).toBe(1);
      await idle.close();
      expect(await acquired(scene, ROLE)).toBe(MAX);
      expect(await acquired(scene, APPLICATION)).toBe(MAX);
      await scene.server.sql(`ALTER ROLE ${ROLE} CONNECTION LIMIT 5`);
    },
  },
];

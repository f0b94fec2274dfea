import { escapeLiteral } from 'pg';
import { HalfLogins } from '../../support/half-logins.js';
import type { TestServer } from '../../support/postgres.js';
import { NOTHING } from '../../support/relay.js';
import { holdSlotsInSilence, refusal } from '../../support/silent-sockets.js';
import { until } from '../../support/until.js';
import type { Fault, Promised } from './row.js';
import { DATABASE, ROLE, type Scene } from './scene.js';
import { keepRecovering, standBy, startStandby } from './standby.js';

const WRONG_ROLE: Promised = { status: 'unhealthy', codes: ['DATABASE.ROLE'], hasCounts: true };
/** The check after these minutes logs in again. */
const MINUTES_TO_LOGIN = 5;
const HEALTHY = { status: 'healthy', codes: [] } as const;

/** Runs SQL as superuser and returns what reverts it; the check has to log in again. */
const changed =
  (text: string, back: string): Fault['make'] =>
  async (scene) => {
    await scene.endSessions();
    return await scene.change(text, back);
  };

/** Opens other sessions until the server, or a limit, refuses. */
async function fill(scene: Scene, login: { user: string; database: string }): Promise<() => Promise<void>> {
  const sessions: Awaited<ReturnType<typeof scene.server.connect>>[] = [];
  for (let isFull = false; !isFull; ) {
    await scene.server.connect({ ...login, applicationName: 'marked filler' }).then(
      (client) => sessions.push(client),
      (error: { code?: string }) => {
        isFull = error.code === '53300';
      },
    );
  }
  return async () => {
    await Promise.all(sessions.map((client) => client.end()));
    await scene.server.gone('fillers', `application_name = 'marked filler'`);
  };
}

/** The check may read the sessions of all roles that have one, as their member, and nothing else. */
async function hiddenAutovacuum(scene: Scene): Promise<() => Promise<void>> {
  const { server } = scene;
  const grants = await scene.change(
    `REVOKE pg_monitor FROM ${ROLE}; GRANT postgres, ${APPLICATION.user} TO ${ROLE}`,
    `GRANT pg_monitor TO ${ROLE}; REVOKE postgres, ${APPLICATION.user} FROM ${ROLE}`,
  );
  const owner = await server.connect({ database: DATABASE });
  // The worker pauses after every page.
  await owner.query(`CREATE TABLE vacuumed AS SELECT n, repeat('x', 1000) AS text FROM generate_series(1, 20000) AS n`);
  await owner.query(`ALTER TABLE vacuumed SET (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)`);
  await owner.query('UPDATE vacuumed SET n = n + 1');
  await server.sql(`ALTER SYSTEM SET autovacuum_naptime = '1s'`);
  await server.sql('SELECT pg_reload_conf()');
  await until('an autovacuum worker runs', async () => {
    const workers = await server.sql(
      `SELECT 1 FROM pg_stat_activity WHERE backend_type = 'autovacuum worker' AND datname = $1`,
      [DATABASE],
    );
    return workers.length > 0;
  });
  return async () => {
    await server.sql('ALTER SYSTEM RESET autovacuum_naptime');
    await server.sql('SELECT pg_reload_conf()');
    await owner.query('DROP TABLE vacuumed');
    await owner.end();
    await grants();
  };
}

/** The check is connected to a standby, which is then promoted. */
function promotedStandby(): Pick<Fault, 'before' | 'make'> {
  const standbys: TestServer[] = [];
  return {
    before: async (scene) => {
      const standby = await startStandby(scene.server.postgres);
      standbys.push(standby);
      scene.relay.targetPort = standby.postgres.port;
      return () => standby.close();
    },
    make: async (scene) => {
      await standbys.pop()?.sql('SELECT pg_promote()');
      return async () => {
        scene.relay.targetPort = scene.server.postgres.port;
      };
    },
  };
}

const APPLICATION = { user: 'marked_app', database: DATABASE };

/** Sends a signal to the processes that serve the check. */
async function signal(scene: Scene, name: NodeJS.Signals): Promise<void> {
  const rows = await scene.server.sql('SELECT pid FROM pg_stat_activity WHERE usename = $1', [ROLE]);
  for (const { pid } of rows) {
    process.kill(Number(pid), name);
  }
}

/** A lock on a part of the catalog: statements and logins need `pg_database`, only statements need `pg_proc`. */
const locked =
  (table: 'pg_database' | 'pg_proc'): Fault['make'] =>
  async (scene) => {
    const locker = await scene.server.connect({ database: DATABASE });
    await locker.query(`BEGIN; LOCK TABLE pg_catalog.${table} IN ACCESS EXCLUSIVE MODE`);
    return () => locker.end();
  };

/** What the server says instead of each row. */
const instead =
  (garbage: Buffer): Fault['make'] =>
  async (scene) => {
    scene.relay.toClient.filter = ({ type, bytes }) => (type === 'D' ? garbage : bytes);
    return async () => {
      scene.relay.toClient.filter = ({ bytes }) => bytes;
    };
  };

function message(type: string, body: string): Buffer {
  const bytes = Buffer.from(`${type}\0\0\0\0${body}`, 'latin1');
  bytes.writeInt32BE(bytes.length - 1, 1);
  return bytes;
}

export const postgres: readonly Fault[] = [
  {
    side: 'PostgreSQL',
    fault: 'a restart between two checks',
    promise: HEALTHY,
    make: async ({ server }) => {
      await server.postgres.stop();
      await server.postgres.start();
      return async () => undefined;
    },
  },
  {
    side: 'PostgreSQL',
    fault: 'a crash (SIGKILL), then recovery',
    promise: { status: 'unhealthy', codes: ['PROBE.UNREACHABLE'] },
    make: async ({ server }) => {
      await server.postgres.kill();
      return () => server.postgres.start();
    },
  },
  {
    side: 'PostgreSQL',
    fault: 'shutting down, while a session is still open',
    promise: { status: 'unhealthy', codes: ['PROBE.NOT_ACCEPTING'] },
    make: async (scene) => {
      const { postgres } = scene.server;
      const holder = await scene.server.connect();
      // The server goes on serving sessions that are open.
      await scene.endSessions();
      process.kill(postgres.pid ?? 0, 'SIGTERM');
      await until('the server shuts down', async () => (await refusal(scene.server)) === '57P03');
      return async () => {
        await holder.end();
        await postgres.stop();
        await postgres.start();
      };
    },
  },
  {
    side: 'PostgreSQL',
    fault: 'starting up (57P03)',
    promise: { status: 'unhealthy', codes: ['PROBE.NOT_ACCEPTING'] },
    make: async (scene) => {
      const { postgres } = scene.server;
      await postgres.stop();
      const endRecovery = await keepRecovering(postgres);
      const starting = postgres.start().catch(() => undefined);
      await until(
        'it says that it does not accept connections yet',
        async () => (await refusal(scene.server)) === '57P03',
      );
      return async () => {
        endRecovery();
        await postgres.stop();
        await starting;
        await postgres.start();
      };
    },
  },
  {
    side: 'PostgreSQL',
    fault: 'failover: the primary crashes, a standby is promoted and takes its address',
    promise: { ...HEALTHY, note: 'The connection is replaced within the same check.' },
    make: async (scene) => {
      const standby = await startStandby(scene.server.postgres);
      await scene.server.postgres.kill();
      await standby.sql('SELECT pg_promote()');
      scene.relay.targetPort = standby.postgres.port;
      return async () => {
        await scene.server.postgres.start();
        scene.relay.targetPort = scene.server.postgres.port;
        await standby.close();
      };
    },
  },
  {
    side: 'PostgreSQL',
    fault: 'the primary comes back as a standby',
    promise: WRONG_ROLE,
    make: async ({ server }) => {
      const { postgres } = server;
      await postgres.stop();
      const promote = standBy(postgres);
      await postgres.start();
      return async () => {
        await postgres.stop();
        promote();
        await postgres.start();
      };
    },
  },
  {
    side: 'PostgreSQL',
    fault: 'a standby that is watched is promoted',
    promise: { ...WRONG_ROLE, note: 'The standby itself is healthy; an expected promotion needs `"role": "any"`.' },
    ...promotedStandby(),
    endsWithStart: true,
  },
  {
    side: 'PostgreSQL',
    fault: 'max_connections reached, while the check is connected',
    promise: {
      status: 'unhealthy',
      codes: ['DATABASE.FULL', 'POOL.NEAR_LIMIT', 'POOL.ABOVE_MAX'],
      hasCounts: true,
      note: 'The open connection goes on counting.',
    },
    make: (scene) => fill(scene, APPLICATION),
  },
  {
    side: 'PostgreSQL',
    fault: 'max_connections reached, and the check has to log in',
    promise: { status: 'unhealthy', codes: ['PROBE.SLOTS_EXHAUSTED'] },
    make: async (scene) => {
      await scene.endSessions();
      return await fill(scene, APPLICATION);
    },
  },
  {
    side: 'PostgreSQL',
    fault: 'sockets that send nothing hold every slot, while the check is connected',
    promise: {
      status: 'unhealthy',
      codes: ['PROBE.SLOTS_EXHAUSTED'],
      hasCounts: true,
      note: 'No view of the server has them. Every five minutes the check logs in again, so that it finds out; its open connection goes on counting.',
    },
    minutes: MINUTES_TO_LOGIN,
    make: ({ server }) => holdSlotsInSilence(server),
  },
  {
    side: 'PostgreSQL',
    fault: 'logins that stop at the password hold every slot, while the check is connected',
    promise: {
      status: 'unhealthy',
      codes: ['DATABASE.FULL'],
      hasCounts: true,
      note: 'Up to PostgreSQL 17 no view has them as sessions: `DATABASE.NEAR_LIMIT` from `pg_locks`, and `PROBE.SLOTS_EXHAUSTED` when the check logs in again.',
    },
    make: async (scene) => {
      const { port } = scene.server.postgres;
      const logins: HalfLogins[] = [];
      while ((await refusal(scene.server)) !== '53300') {
        logins.push(await HalfLogins.open(1, { port, ...APPLICATION }));
      }
      return async () => {
        for (const login of logins) {
          login.close();
        }
        await until('the server ends the logins', async () => (await refusal(scene.server)) === null);
        await scene.server.gone('logins', `state = 'starting'`);
      };
    },
  },
  {
    side: 'PostgreSQL',
    fault: "the CONNECTION LIMIT of the application's role reached",
    promise: { status: 'unhealthy', codes: ['POOL.ROLE_LIMIT', 'POOL.NEAR_LIMIT'], hasCounts: true },
    definition: { count: { users: [APPLICATION.user] } },
    make: async (scene) => {
      const limit = (count: number) => `ALTER ROLE ${APPLICATION.user} CONNECTION LIMIT ${count}`;
      const unlimit = await scene.change(limit(3), limit(-1));
      const end = await fill(scene, APPLICATION);
      return async () => {
        await end();
        await unlimit();
      };
    },
  },
  {
    side: 'PostgreSQL',
    fault: 'an autovacuum worker in the database, hidden from a check without pg_monitor',
    promise: { ...HEALTHY, note: 'Only hidden clients are a missing privilege.' },
    make: hiddenAutovacuum,
  },
  {
    side: 'PostgreSQL',
    fault: "the CONNECTION LIMIT of the check's role reached",
    promise: { status: 'unhealthy', codes: ['PROBE.OWN_LIMIT'] },
    make: changed(`ALTER ROLE ${ROLE} CONNECTION LIMIT 0`, `ALTER ROLE ${ROLE} CONNECTION LIMIT 5`),
  },
  {
    side: 'PostgreSQL',
    fault: 'the CONNECTION LIMIT of the database reached',
    promise: { status: 'unhealthy', codes: ['PROBE.SLOTS_EXHAUSTED'] },
    make: changed(`ALTER DATABASE ${DATABASE} CONNECTION LIMIT 0`, `ALTER DATABASE ${DATABASE} CONNECTION LIMIT -1`),
  },
  {
    side: 'PostgreSQL',
    fault: 'terminated by an administrator',
    promise: { ...HEALTHY, note: 'A new connection within the same check.' },
    make: async (scene) => {
      await scene.endSessions();
      return async () => undefined;
    },
  },
  {
    side: 'PostgreSQL',
    fault: 'a wrong password',
    promise: { status: 'unhealthy', codes: ['PROBE.AUTH'] },
    make: async (scene) => {
      const password = escapeLiteral(scene.password);
      return await changed(`ALTER ROLE ${ROLE} PASSWORD 'another'`, `ALTER ROLE ${ROLE} PASSWORD ${password}`)(scene);
    },
  },
  {
    side: 'PostgreSQL',
    fault: 'the role is missing',
    promise: { status: 'unhealthy', codes: ['PROBE.AUTH'], note: 'PostgreSQL answers as for a wrong password.' },
    make: changed(`ALTER ROLE ${ROLE} RENAME TO gone`, `ALTER ROLE gone RENAME TO ${ROLE}`),
  },
  {
    side: 'PostgreSQL',
    fault: 'the database is missing',
    promise: { status: 'unhealthy', codes: ['PROBE.DATABASE_MISSING'] },
    make: async (scene) => {
      await scene.server.sql('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [DATABASE]);
      await scene.server.gone('sessions of the database', 'datname = $1', [DATABASE]);
      return await scene.change(
        `ALTER DATABASE ${DATABASE} RENAME TO gone`,
        `ALTER DATABASE gone RENAME TO ${DATABASE}`,
      );
    },
  },
  {
    side: 'PostgreSQL',
    fault: 'no pg_monitor',
    promise: { status: 'unhealthy', codes: ['PROBE.PRIVILEGE'], note: 'Counts are null, never too small.' },
    make: (scene) => scene.change(`REVOKE pg_monitor FROM ${ROLE}`, `GRANT pg_monitor TO ${ROLE}`),
  },
  {
    side: 'PostgreSQL',
    fault: "statement_timeout of the check's role, shorter than the statement",
    promise: { status: 'unhealthy', codes: ['PROBE.TIMEOUT'], note: 'The log has the SQLSTATE 57014.' },
    make: async (scene) => {
      const timeout = (value: string) => `ALTER ROLE ${ROLE} SET statement_timeout = '${value}'`;
      const lift = await changed(timeout('1s'), timeout('3s'))(scene);
      const unlock = await locked('pg_proc')(scene);
      return async () => {
        await unlock();
        await lift();
      };
    },
  },
  {
    side: 'PostgreSQL',
    fault: 'a lock on the catalog',
    promise: {
      status: 'unhealthy',
      codes: ['PROBE.TIMEOUT'],
      note: 'Logins hang as well. The next check joins the pending one.',
    },
    make: locked('pg_database'),
  },
  {
    side: 'PostgreSQL',
    fault: 'a lock on the catalog that lets logins pass, and no statement',
    promise: { status: 'unhealthy', codes: ['PROBE.TIMEOUT'] },
    make: async (scene) => {
      // A session that knows its functions already needs no lock for them.
      await scene.endSessions();
      return await locked('pg_proc')(scene);
    },
  },
  {
    side: 'PostgreSQL',
    fault: 'the backend of the check is stopped (SIGSTOP)',
    promise: { ...HEALTHY, note: 'After 2 s a new connection replaces it, within the same check.' },
    make: async (scene) => {
      await signal(scene, 'SIGSTOP');
      return () => signal(scene, 'SIGCONT');
    },
  },
  {
    side: 'PostgreSQL',
    fault: 'the whole server is stopped (SIGSTOP)',
    promise: { status: 'unhealthy', codes: ['PROBE.TIMEOUT'] },
    make: async (scene) => {
      await scene.endSessions();
      const pid = scene.server.postgres.pid ?? 0;
      process.kill(pid, 'SIGSTOP');
      return async () => process.kill(pid, 'SIGCONT');
    },
  },
  ...(
    [
      ['a message of no known type', message('?', 'garbage')],
      ['an error without an end', message('E', 'SERROR\0C42601')],
      ['a page of HTML', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n<html>marked</html>')],
      ['a row of other columns', message('D', '\0\x01\0\0\0\x01A')],
      ['no row', NOTHING],
      ['rows without end', Buffer.alloc(20 * 1024 * 1024, message('D', `\0\x01\0\0\x40\0${'A'.repeat(0x4000)}`))],
    ] as const
  ).map(
    ([what, garbage]): Fault => ({
      side: 'PostgreSQL',
      fault: `protocol garbage: ${what}`,
      promise: { status: 'unhealthy', codes: ['PROBE.QUERY'] },
      make: instead(garbage),
    }),
  ),
];

import { Client } from 'pg';
import { APPLICATION, type Place, type Twin } from './twin.js';

/** Rows that a vacuum needs a while for. */
const ROWS = 20_000;
const BURST = 20;
const CHURN = 3;

/** Short work of the application: sessions come, query and go. */
async function work({ server, app: user, database }: Place): Promise<void> {
  const clients = await Promise.all(
    Array.from({ length: CHURN }, () => server.connect({ user, database, applicationName: APPLICATION })),
  );
  await Promise.all(clients.map((client) => client.query('SELECT pg_sleep(0.05)')));
  await Promise.all(clients.map((client) => client.end()));
}

/** A client of the application through PgBouncer. */
async function pooled({ pgbouncer, app: user, database }: Place): Promise<Client> {
  const client = new Client(pgbouncer?.connection({ user, database }));
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** A table that autovacuum needs seconds for, and begins with again as soon as a row changes. */
async function fillTable({ server, app: user, database }: Place): Promise<void> {
  const owner = await server.connect({ user, database, applicationName: APPLICATION });
  await owner.query(`CREATE TABLE facts WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1,
    autovacuum_vacuum_cost_delay = 20, autovacuum_vacuum_cost_limit = 1) AS
    SELECT n, repeat('x', 500) AS text FROM generate_series(1, ${ROWS}) AS n`);
}

async function changeTable({ server, app: user, database }: Place): Promise<void> {
  const writer = await server.connect({ user, database, applicationName: APPLICATION });
  await writer.query('UPDATE facts SET n = n + 1 WHERE n % 100 = 0');
  await writer.end();
}

/** Its idle limit is 62 s, so that a soak of two minutes passes it. */
const SHORT_IDLE = 1_000;

export const TWINS: readonly Twin[] = [
  {
    name: 'a pool of fixed size that is idle at night',
    definition: { pool: { min: 10, max: 10, idleTimeout: SHORT_IDLE }, utilization: 'active' },
    open: (place) => place.sessions(10),
  },
  {
    name: 'frozen environments of Lambda that keep one connection each',
    definition: { pool: { min: 1, max: 1, idleTimeout: SHORT_IDLE }, instances: 10 },
    open: (place) => place.sessions(8),
  },
  {
    name: 'sessions of people in psql beside the application, in a definition that counts all of the database',
    definition: { pool: { min: 2, max: 10, idleTimeout: SHORT_IDLE } },
    open: (place) => place.sessions(2, 'idle', 'person', 'psql'),
    act: work,
  },
  {
    name: 'connections that LISTEN for hours',
    definition: { pool: { min: 2, max: 10, idleTimeout: SHORT_IDLE } },
    open: async ({ server, app: user, database }) => {
      for (const channel of ['orders', 'stock']) {
        const client = await server.connect({ user, database, applicationName: APPLICATION });
        await client.query(`LISTEN ${channel}`);
      }
    },
    act: work,
  },
  {
    name: 'a rolling deployment: 14 connections of a pool of 10, of fixed size',
    definition: { pool: { min: 10, max: 10 }, utilization: 'active' },
    warnings: ['POOL.ABOVE_MAX'],
    open: (place) => place.sessions(14),
  },
  {
    name: 'a read replica',
    definition: { pool: { min: 1, max: 10 } },
    on: 'standby',
    open: (place) => place.sessions(3),
  },
  {
    name: 'an exporter that logs in as the role of the check',
    definition: { pool: { min: 1, max: 10 } },
    warnings: ['CONFIG.SHARED_USER'],
    open: async (place) => {
      await place.sessions(3);
      await place.sessions(1, 'idle', place.check, 'postgres_exporter');
    },
  },
  {
    name: 'a PgBouncer after a burst, which keeps its connections open',
    definition: { pool: { min: 1, max: BURST } },
    on: 'pgbouncer',
    open: async (place) => {
      const clients = await Promise.all(Array.from({ length: BURST }, () => pooled(place)));
      await Promise.all(clients.map((client) => client.query('SELECT pg_sleep(0.5)')));
      await Promise.all(clients.map((client) => client.end()));
    },
  },
  {
    name: 'one long transaction of a batch job behind PgBouncer',
    definition: { pool: { min: 1, max: BURST } },
    on: 'pgbouncer',
    open: async (place) => {
      const client = await pooled(place);
      await client.query('BEGIN');
      await client.query('SELECT 1');
    },
  },
  {
    name: 'a role whose CONNECTION LIMIT is the size of its pool',
    definition: { pool: { min: 10, max: 10 }, utilization: 'active' },
    warnings: ['POOL.ROLE_LIMIT'],
    role: 'CONNECTION LIMIT 10',
    counts: ['users'],
    open: (place) => place.sessions(10),
  },
  {
    name: 'a role for reports at its limit of 2 beside the application',
    definition: { pool: { min: 1, max: 10 } },
    warnings: ['POOL.ROLE_LIMIT'],
    open: async (place) => {
      await place.sessions(2, 'idle', 'reporting', 'reports');
      await place.sessions(3);
    },
  },
  {
    name: 'autovacuum in the database',
    definition: { pool: { min: 1, max: 10 } },
    open: fillTable,
    act: changeTable,
  },
  {
    name: 'autovacuum in the database, the check as the role of the application',
    definition: { pool: { min: 1, max: 10 }, sharedUser: true },
    role: 'IN ROLE pg_monitor',
    open: fillTable,
    act: changeTable,
  },
  {
    name: 'an application that is scaled to zero',
    counts: ['users', 'applications'],
    definition: { pool: { min: 1, max: 10 } },
    open: async () => undefined,
  },
  {
    name: 'an application that is scaled to zero, while a person is in its database',
    counts: ['users', 'applications'],
    definition: { pool: { min: 1, max: 10 } },
    warnings: ['CONFIG.COUNT_UNKNOWN'],
    open: (place) => place.sessions(1, 'idle', 'person', 'psql'),
  },
];

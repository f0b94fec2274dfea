import type { Row } from '../../functions/connection/connection.js';

/** What the console of a PgBouncer answers to SHOW POOLS, SHOW DATABASES and SHOW CONFIG. */
export interface Recording {
  readonly pools: readonly Row[];
  readonly databases: readonly Row[];
  readonly config: readonly Row[];
}

/** As `pg` gives it for 1.18, with one waiting client of the application and an idle check. */
const V1_18: Recording = {
  pools: [
    { ...pool('pgbouncer', 'pgbouncer', { cl_active: 1 }), pool_mode: 'statement' },
    pool('shop', 'app', { cl_active: 5, cl_waiting: 3, sv_active: 5, maxwait: 2, maxwait_us: 345_678 }),
    pool('shop', 'pool_check', { cl_active: 1, sv_idle: 1 }),
    pool('elsewhere', 'app', { cl_active: 2, cl_waiting: 9, sv_active: 2, maxwait: 60 }),
  ],
  databases: [
    database('elsewhere', { current_connections: 2 }),
    { ...database('pgbouncer'), host: null, port: 27_096, force_user: 'pgbouncer', pool_mode: 'statement' },
    database('shop', { current_connections: 6 }),
  ],
  config: [
    setting('default_pool_size', '5', '20'),
    setting('max_db_connections', '0'),
    setting('max_user_connections', '0'),
    setting('query_wait_timeout', '120'),
    setting('server_check_query', 'select 1'),
    setting('unix_socket_dir', null),
  ],
};

/** The same state of affairs in the columns of each version, as its `src/admin.c` has them. */
export const RECORDINGS = {
  '1.12': {
    pools: V1_18.pools.map((row) =>
      without(row, 'cl_active_cancel_req', 'cl_waiting_cancel_req', 'sv_active_cancel', 'sv_being_canceled'),
    ),
    databases: V1_18.databases.map((row) => without(row, 'min_pool_size')),
    config: V1_18.config.map((row) => without(row, 'default')),
  },
  '1.18': V1_18,
  '1.25': {
    pools: V1_18.pools.map((row) => ({ ...row, load_balance_hosts: null })),
    databases: V1_18.databases.map((row) => ({
      ...without(row, 'reserve_pool'),
      reserve_pool_size: 0,
      server_lifetime: 3_600,
      load_balance_hosts: null,
      max_client_connections: 0,
      current_client_connections: 9,
    })),
    config: [...V1_18.config, setting('max_user_client_connections', '0'), setting('max_prepared_statements', '200')],
  },
  'one that writes numbers as text': {
    pools: V1_18.pools.map(asTexts),
    databases: V1_18.databases.map(asTexts),
    config: V1_18.config,
  },
} satisfies Readonly<Record<string, Recording>>;

export function pool(name: string, user: string, counts: Readonly<Record<string, number>> = {}): Row {
  const nothing = {
    cl_active: 0,
    cl_waiting: 0,
    cl_active_cancel_req: 0,
    cl_waiting_cancel_req: 0,
    sv_active: 0,
    sv_active_cancel: 0,
    sv_being_canceled: 0,
    sv_idle: 0,
    sv_used: 0,
    sv_tested: 0,
    sv_login: 0,
    maxwait: 0,
    maxwait_us: 0,
  };
  return { database: name, user, ...nothing, ...counts, pool_mode: 'transaction' };
}

export function database(name: string, changes: Row = {}): Row {
  return {
    name,
    host: '127.0.0.1',
    port: 26_146,
    database: name,
    force_user: null,
    pool_size: 5,
    min_pool_size: 0,
    reserve_pool: 0,
    pool_mode: null,
    max_connections: 0,
    current_connections: 0,
    paused: 0,
    disabled: 0,
    ...changes,
  };
}

export function setting(key: string, value: string | null, standard = value): Row {
  return { key, value, default: standard, changeable: 'yes' };
}

export function without(row: Row, ...columns: readonly string[]): Row {
  return Object.fromEntries(Object.entries(row).filter(([column]) => !columns.includes(column)));
}

function asTexts(row: Row): Row {
  const entries = Object.entries(row).map(([column, value]) => [
    column,
    typeof value === 'number' ? `${value}` : value,
  ]);
  return Object.fromEntries(entries);
}

import { setTimeout as pause } from 'node:timers/promises';
import { fixedPassword } from '../../../../functions/connection/credentials.js';
import { SharedConnection } from '../../../../functions/connection/shared-connection.js';
import { seal, type ValidatedPoolConfig } from '../../../../functions/core/pool-config.js';
import { validateDefinition } from '../../../../functions/core/pool-definition.js';
import { Monitor, type Probes } from '../../../../functions/monitor/monitor.js';
import { PgbouncerReader } from '../../../../functions/poolers/pgbouncer/reader.js';
import { PoolerProbe } from '../../../../functions/poolers/probe.js';
import { PostgresProbe } from '../../../../functions/postgres/probe.js';
import { CONSOLE_USER, type Pgbouncer, startPgbouncer } from '../../../support/pgbouncer.js';
import { startTestServer, type TestServer } from '../../../support/postgres.js';
import { accepted } from '../../../support/samples.js';
import { startStandby } from '../../faults/standby.js';
import { APPLICATION, Place, type Twin } from './twin.js';

/** A role and a database of each twin, with sessions of all of them. */
const SERVER = { max_connections: '300', autovacuum_naptime: '1s' };
const ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:twin-AbCdEf';
const BETWEEN_MS = 1_000;

interface Pool {
  readonly twin: Twin;
  readonly place: Place;
  readonly config: ValidatedPoolConfig;
}

/** All twins side by side on one server, its standby and one PgBouncer, and their checks. */
export class TwinChecks {
  /** Errors, and warnings that a twin may not have: each once, with the check that found it first. */
  readonly mistakes: string[] = [];
  checks = 0;
  readonly #known = new Set<string>();
  readonly #primary: TestServer;
  readonly #standby: TestServer;
  readonly #pgbouncer: Pgbouncer | null;
  readonly #pools: Pool[] = [];
  readonly #monitor: Monitor;

  private constructor(primary: TestServer, standby: TestServer, pgbouncer: Pgbouncer | null) {
    this.#primary = primary;
    this.#standby = standby;
    this.#pgbouncer = pgbouncer;
    this.#monitor = new Monitor({ pools: async () => [] }, (config) => this.#probes(config));
  }

  /** @param twins those on `pgbouncer` need the program */
  static async start(twins: readonly Twin[]): Promise<TwinChecks> {
    const primary = await startTestServer(SERVER);
    const standby = await startStandby(primary.postgres);
    await primary.createRole('person');
    await primary.createRole('reporting', 'CONNECTION LIMIT 2');
    for (const [index, { role }] of twins.entries()) {
      await primary.createRole(`app_${index}`, role);
      await primary.createCheckRole(`check_${index}`);
      await primary.createDatabase(`twin_${index}`, `OWNER app_${index}`);
    }
    const users = twins.flatMap((_, index) => [`app_${index}`, `check_${index}`]);
    const pgbouncer = twins.some(({ on }) => on === 'pgbouncer')
      ? await startPgbouncer(primary, { users, settings: { pool_mode: 'transaction', server_idle_timeout: '86400' } })
      : null;
    const checks = new TwinChecks(primary, standby, pgbouncer);
    await Promise.all(twins.map((twin, index) => checks.#add(twin, index)));
    return checks;
  }

  /** Checks every twin, again and again, for so many seconds. */
  async run(seconds: number): Promise<void> {
    const startedAt = performance.now();
    do {
      const second = pause(BETWEEN_MS);
      await Promise.all(this.#pools.map((pool) => Promise.all([this.#check(pool), pool.twin.act?.(pool.place)])));
      this.checks += 1;
      await second;
    } while (performance.now() - startedAt < seconds * 1_000);
  }

  async close(): Promise<void> {
    await this.#monitor.close();
    await this.#pgbouncer?.remove();
    await Promise.all([this.#standby.close(), this.#primary.close()]);
  }

  async #add(twin: Twin, index: number): Promise<void> {
    const server = twin.on === 'standby' ? this.#standby : this.#primary;
    const place = new Place({ server, primary: this.#primary, pgbouncer: this.#pgbouncer }, index);
    const isPooled = twin.on === 'pgbouncer';
    const validated = accepted(
      validateDefinition(place.database, {
        endpoint: '127.0.0.1',
        port: isPooled ? place.pgbouncer?.port : server.postgres.port,
        database: place.database,
        user: twin.definition.sharedUser ? place.app : place.check,
        auth: { type: 'secret', arn: ARN },
        tls: 'off',
        managed: isPooled ? { kind: 'pgbouncer', user: CONSOLE_USER, auth: { type: 'secret', arn: ARN } } : undefined,
        count: twin.counts && {
          ...(twin.counts.includes('users') && { users: [place.app] }),
          ...(twin.counts.includes('applications') && { applications: [APPLICATION] }),
        },
        ...twin.definition,
      }),
    );
    await twin.open(place);
    this.#pools.push({ twin, place, config: seal(validated) });
  }

  #probes(config: ValidatedPoolConfig): Probes {
    const credentials = fixedPassword(this.#primary.postgres.password);
    const isPooled = config.managed?.kind === 'pgbouncer';
    const session = new SharedConnection({ target: config, caFile: null, credentials, isPooled });
    const pgbouncer = new PgbouncerReader(config, { user: CONSOLE_USER, credentials, caFile: null });
    return {
      database: new PostgresProbe(config, session),
      pooler: new PoolerProbe(config, isPooled ? { pgbouncer } : {}),
    };
  }

  async #check({ twin: { name, warnings = [] }, config }: Pool): Promise<void> {
    const { verdict } = await this.#monitor.assess({ pool: config.pool, config, problems: [] }, 0);
    const { status, utilization, problems } = verdict;
    for (const { code, severity, values } of problems) {
      if (severity === 'error' || !warnings.includes(code)) {
        this.#note(`${name}: ${severity} ${code}`, values);
      }
    }
    if (status !== 'healthy') {
      this.#note(`${name}: ${status}`, utilization);
    }
  }

  #note(mistake: string, values: unknown): void {
    if (!this.#known.has(mistake)) {
      this.#known.add(mistake);
      this.mistakes.push(`${mistake} ${JSON.stringify(values)} in check ${this.checks}`);
    }
  }
}

import { setTimeout as pause } from 'node:timers/promises';
import { nameDefinition } from '../compose/named-definition.js';
import type { Assessment } from '../core/pool-report.js';
import { line } from '../core/report-line.js';
import { DETAILS_ROUTE, PAGE_ROUTES } from '../core/routes.js';
import { createDemoDatabase } from './demo-database.js';
import { startWorkload, type Workload } from './demo-workload.js';
import { type EmbeddedPostgres, startPostgres } from './embedded-postgres/embedded-postgres.js';
import { LocalHistory } from './history.js';
import { type HttpHandler, type LocalServer, listen } from './http-server.js';
import { settingsInForce } from './settings-lines.js';

const CHECK_EVERY_MS = 5_000;

export interface RunOptions {
  readonly port: number;
  /** The process's own environment; the handlers read what is set in it here. */
  readonly environment: NodeJS.ProcessEnv;
  /** Takes the lines for people. */
  readonly say: (line: string) => void;
}

/** What `npm start` runs: the handlers behind an HTTP server and a timer and, without `DATABASE_URL`, something to watch. */
export class LocalRun {
  readonly #options: RunOptions;
  readonly #history = new LocalHistory(CHECK_EVERY_MS);
  readonly #stopping = new AbortController();
  #starting: Promise<void> = Promise.resolve();
  #server: LocalServer | null = null;
  #postgres: EmbeddedPostgres | null = null;
  #workload: Workload | null = null;
  #closeConnections: (() => Promise<void>) | null = null;

  constructor(options: RunOptions) {
    this.#options = options;
  }

  /**
   * Starts everything and checks until `stop`, which makes it resolve.
   *
   * @throws Error of one line if something cannot be started; then `stop` cleans up
   */
  async run(): Promise<void> {
    const { signal } = this.#stopping;
    const ready = this.#start();
    this.#starting = ready.then(
      () => undefined,
      () => undefined,
    );
    try {
      const check = await ready;
      await this.#checkUntilStopped(check);
    } catch (error) {
      if (!signal.aborted) {
        throw error;
      }
    }
  }

  /** Ends all that was started, also in the middle of the start, and removes its files. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#starting;
    await this.#server?.close();
    await this.#workload?.stop();
    await this.#closeConnections?.();
    await this.#postgres?.remove();
  }

  /** The order matters: a taken port is found before anything else is started. */
  async #start(): Promise<() => Promise<readonly Assessment[]>> {
    const { port, environment, say } = this.#options;
    const { signal } = this.#stopping;
    this.#server = await listen(port);
    signal.throwIfAborted();
    await nameDefinition(environment);
    signal.throwIfAborted();
    const { settings, lines } = settingsInForce(environment);
    lines.forEach(say);
    if (environment.DATABASE_URL === undefined) {
      say('Starting an embedded PostgreSQL (set DATABASE_URL to watch one of your own)');
      this.#postgres = await startPostgres();
      signal.throwIfAborted();
      const { check, application } = await createDemoDatabase(this.#postgres);
      environment.DATABASE_URL = this.#postgres.url(check);
      environment.POOL_HEALTH_SHARED_USER = 'false';
      this.#workload = settings && startWorkload(this.#postgres.connection(application), settings);
    }
    // Only now: the handlers read the environment when they are imported.
    const [pool, details, { pageHandler }, check, { close }] = await Promise.all([
      import('../handlers/pool.js'),
      import('../handlers/details.js'),
      import('../handlers/page.js'),
      import('../handlers/check.js'),
      import('../compose/runtime.js'),
    ]);
    this.#closeConnections = async () => {
      await Promise.all([close(), details.close()]);
    };
    const page = pageHandler(this.#history);
    const handlers: Readonly<Record<string, HttpHandler>> = {
      [DETAILS_ROUTE]: details.handler,
      [PAGE_ROUTES.page]: page,
      [PAGE_ROUTES.history]: page,
    };
    this.#server.serve((event) => (handlers[event.routeKey] ?? pool.handler)(event));
    return check.handler;
  }

  /** One check after the other, five seconds from start to start; a failure of the monitor is said and does not end it. */
  async #checkUntilStopped(check: () => Promise<readonly Assessment[]>): Promise<void> {
    const { signal } = this.#stopping;
    const { say } = this.#options;
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      const next = Date.now() + CHECK_EVERY_MS;
      const lines = await check().then(
        (assessments) => {
          this.#history.add(assessments);
          return assessments.map(line);
        },
        (error: unknown) => [`The check itself failed: ${error instanceof Error ? error.name : typeof error}`],
      );
      signal.throwIfAborted();
      lines.forEach(say);
      if (isFirst) {
        const address = `http://localhost:${this.#server?.port}`;
        say(`The page: ${address}`);
        say(`Ready, Ctrl-C stops: ${address}/health/pool`);
      }
      await pause(Math.max(0, next - Date.now()), undefined, { signal });
    }
  }
}

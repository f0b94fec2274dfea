import { setTimeout as pause } from 'node:timers/promises';
import { createRoundTrips } from '../compose/round-trip.js';
import { type LocalSettings, parseSettings, parseUrlPool, readDefinition, type UrlInput } from '../compose/url.js';
import { urlMonitor } from '../compose/url-monitor.js';
import { withPassword } from '../compose/url-password.js';
import type { Environment } from '../core/environment.js';
import { DETAILS_ROUTE, PAGE_ROUTES } from '../core/routes.js';
import { assessmentLine } from '../core/summary.js';
import type { Assessment } from '../core/verdict.js';
import { checkHandler } from '../handlers/check.js';
import { detailsHandler } from '../handlers/details.js';
import type { HttpHandler } from '../handlers/http.js';
import { pageHandler } from '../handlers/page.js';
import { poolHandler } from '../handlers/pool.js';
import { PAGE, RUNBOOK } from '../page/generated/page.js';
import { monotonicMs } from '../time/moment.js';
import { createDemoDatabase } from './demo-database.js';
import { startWorkload, type Workload } from './demo-workload.js';
import { type EmbeddedPostgres, startPostgres } from './embedded-postgres/embedded-postgres.js';
import { LocalHistory } from './history.js';
import { type LocalServer, listen } from './http-server.js';
import { metricsFilePublisher } from './metrics-file.js';
import { settingsLines } from './options.js';

const CHECK_INTERVAL_MS = 5_000;

export interface RunOptions {
  readonly port: number;
  /** Names, beside those of this machine, for which requests are answered. */
  readonly hosts: readonly string[];
  /** File that every check appends its metrics to; null for none. */
  readonly metricsFile: string | null;
  /** CloudWatch namespace of the metrics in that file. */
  readonly namespace: string;
  readonly environment: Environment;
  /** Prints a line for people. */
  readonly say: (line: string) => void;
}

type Check = () => Promise<readonly Assessment[]>;

/** What `npm start` runs: the handlers behind an HTTP server, a check on a timer and, without `DATABASE_URL`, a demo. */
export class LocalRun {
  readonly #options: RunOptions;
  readonly #history = new LocalHistory(CHECK_INTERVAL_MS);
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
   * Starts everything and checks the pool repeatedly. Resolves after `stop`.
   *
   * @throws Error of one line if something cannot be started; then call `stop`, which cleans up
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

  /** Ends everything that was started, even in the middle of the start, and removes its files. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#starting;
    await this.#server?.close();
    await this.#workload?.stop();
    await this.#closeConnections?.();
    await this.#postgres?.remove();
  }

  /** The order matters: a port that is in use is reported before anything else starts. */
  async #start(): Promise<Check> {
    const { port, hosts, environment, say } = this.#options;
    const { signal } = this.#stopping;
    const server = await listen(port, hosts);
    this.#server = server;
    signal.throwIfAborted();
    const definition = await readDefinition(environment);
    signal.throwIfAborted();
    const settings = parseSettings(environment, definition);
    settingsLines(settings).forEach(say);
    const { DATABASE_URL: url, POOL_HEALTH_SHARED_USER: sharedUser } = environment;
    const database = url === undefined ? await this.#startDemo(settings) : { url, sharedUser };
    return await this.#serve(server, { ...database, settings });
  }

  /** Starts a PostgreSQL and an application that uses it. The check logs in with its own role. */
  async #startDemo({ settings }: LocalSettings): Promise<Pick<UrlInput, 'url' | 'sharedUser'>> {
    this.#options.say('Starting an embedded PostgreSQL (set DATABASE_URL to watch one of your own)');
    const postgres = await startPostgres();
    this.#postgres = postgres;
    this.#stopping.signal.throwIfAborted();
    const { check, application } = await createDemoDatabase(postgres);
    this.#workload = settings && (await startWorkload(postgres.connection(application), settings));
    return { url: postgres.url(check), sharedUser: 'false' };
  }

  async #serve(server: LocalServer, input: UrlInput): Promise<Check> {
    const { url, validation } = parseUrlPool(input);
    const login = url && (await withPassword(url, this.#options.environment));
    const { monitor, log, loginFor } = urlMonitor({ url: login, validation });
    const roundTrips = createRoundTrips(loginFor);
    this.#closeConnections = async () => {
      await Promise.all([monitor.close(), roundTrips.close()]);
    };
    const pool = poolHandler({ monitor });
    const page = pageHandler({ history: this.#history, page: PAGE, runbook: RUNBOOK });
    const handlers: Readonly<Record<string, HttpHandler>> = {
      [DETAILS_ROUTE]: detailsHandler({ monitor, measureRoundTrip: (config) => roundTrips.measure(config) }),
      [PAGE_ROUTES.page]: page,
      [PAGE_ROUTES.history]: page,
      [PAGE_ROUTES.runbook]: page,
    };
    server.serve((event) => (handlers[event.routeKey] ?? pool)(event));
    const { metricsFile, namespace } = this.#options;
    return checkHandler({ monitor, log, publish: metricsFilePublisher(metricsFile, namespace) });
  }

  /** Checks every five seconds, one check at a time. A failure of the monitor is printed and does not end the run. */
  async #checkUntilStopped(check: Check): Promise<void> {
    const { signal } = this.#stopping;
    const { say } = this.#options;
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      const next = monotonicMs() + CHECK_INTERVAL_MS;
      const lines = await check().then(
        (assessments) => {
          this.#history.add(assessments);
          return assessments.map(assessmentLine);
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
      await pause(Math.max(0, next - monotonicMs()), undefined, { signal });
    }
  }
}

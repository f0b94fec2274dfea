import { request } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { expect } from 'vitest';
import { listen } from '../../../functions/dev/http-server.js';
import { getEvent } from '../../support/events.js';
import type { Scenario } from './row.js';
import type { Scene } from './scene.js';

/** The status that a GET between two requests must have. */
const OK = 200;

interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends what no well-behaved client would, hence not with `fetch`. Returns status and body. */
function send(port: number, { method = 'GET', path, headers = {} }: Asked): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.on('error', reject).end();
  });
}

/** Over HTTP as `npm start` serves it; behind API Gateway the same handler gets the same events. */
const overHttp =
  (asked: readonly Asked[], status: number): Scenario['run'] =>
  async (scene) => {
    const deployment = await scene.deploy();
    const server = await listen(0);
    server.serve(deployment.pool);
    for (const each of asked) {
      const answer = await send(server.port, each);
      expect({ ...each, headers: undefined, status: answer.status }).toEqual({ ...each, headers: undefined, status });
      if (answer.body !== '' && status !== OK) {
        expect(JSON.parse(answer.body)).toEqual({ message: expect.any(String) });
      }
      expect((await send(server.port, { path: '/health/pool' })).status).toBe(OK);
    }
    await server.close();
    await deployment.close();
  };

const asEvents =
  (events: readonly unknown[]): Scenario['run'] =>
  async (scene: Scene) => {
    const deployment = await scene.deploy();
    for (const event of events) {
      const { statusCode } = await deployment.answer(event as APIGatewayProxyEventV2);
      expect([404, 405]).toContain(statusCode);
    }
    await deployment.close();
  };

const good = getEvent('GET /health/pool/{pool}', { pool: 'orders' });
/** The event without each of its fields, and with each of them of another type. */
const mutilated = (['routeKey', 'requestContext', 'pathParameters'] as const).flatMap((field) =>
  [undefined, null, 7, 'marked', [], {}].map((value) => ({ ...good, [field]: value })),
);

export const requests: readonly Scenario[] = [
  {
    side: 'input',
    fault: 'a request: every method but GET and HEAD',
    promise: '405 as JSON',
    run: overHttp(
      ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'].map((method) => ({
        method,
        path: '/health/pool',
      })),
      405,
    ),
  },
  {
    side: 'input',
    fault: 'a request: unknown pools and paths',
    promise: '404 as JSON',
    run: overHttp(
      [
        '/',
        '/nope',
        '/health',
        '/health/pool/nope',
        '/health/pool/__proto__',
        '/health/pool/constructor',
        `/health/pool/${'x'.repeat(8_000)}`,
      ].map((path) => ({ path })),
      404,
    ),
  },
  {
    side: 'input',
    fault: 'a request: encoded path tricks',
    promise: '404 as JSON',
    run: overHttp(
      [
        '%',
        '%00',
        '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
        '..',
        '%c0%ae',
        '%252e',
        'orders%00',
        'orders/',
        'orders%2f..',
        'orders;x=1',
        '%E0%A4%A',
        "'%20or%201=1--",
        '%F0%9F%92%A3',
      ].map((name) => ({ path: `/health/pool/${name}` })),
      404,
    ),
  },
  {
    side: 'input',
    fault: 'a request: another host, in the Host header or in an absolute URL (DNS rebinding)',
    promise: '421 as JSON from `npm start`; localhost, 127.0.0.1, [::1] and POOL_HEALTH_HOSTS are answered',
    run: overHttp(
      [
        { path: '/health/details', headers: { host: 'rebound.example' } },
        { path: '/health/pool', headers: { host: 'localhost.rebound.example:3000' } },
        { path: 'http://rebound.example/health/pool', headers: { host: 'localhost' } },
      ],
      421,
    ),
  },
  {
    side: 'input',
    fault: 'a request: HEAD, absolute URLs, and a query of thousands of parameters',
    promise: '200 as GET; the query is read in proportion to its length',
    run: overHttp(
      [
        { method: 'HEAD', path: '/health/pool' },
        { path: 'http://localhost:3000/health/pool' },
        { path: `/health/pool?${'a&'.repeat(7_000)}` },
      ],
      200,
    ),
  },
  {
    side: 'input',
    fault: 'a request: 1 MB of headers',
    promise: '431 from Node, before any of our code, and the server goes on (API Gateway refuses above 10 KB)',
    run: overHttp([{ path: '/health/pool', headers: { 'x-large': 'x'.repeat(1_000_000) } }], 431),
  },
  {
    side: 'input',
    fault: 'an event: fields missing or of other types',
    promise: '404 or 405 as JSON',
    run: asEvents([...mutilated, {}, null, undefined, 'marked', [], 7]),
  },
];

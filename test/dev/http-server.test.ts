import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http';
import { connect } from 'node:net';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type LocalServer, listen } from '../../functions/dev/http-server.js';

let server: LocalServer;
let events: APIGatewayProxyEventV2[];

beforeEach(async () => {
  server = await listen(0);
  events = [];
  server.serve(async (event) => {
    events.push(event);
    return { statusCode: 200, headers: { 'x-answer': 'yes' }, body: '{"ok":true}' };
  });
});
afterEach(() => server.close());

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends the path as it is, which `fetch` would not. */
function get(path: string, options: RequestOptions = {}, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: server.port, path, agent: false, ...options }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: text }));
    });
    sent.on('error', reject).end(body);
  });
}

/** Sends the head of a request as it is. Resolves to the whole answer. */
function raw(head: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write(`${head}Connection: close\r\n\r\n`));
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', reject).on('end', () => resolve(text));
  });
}

async function eventOf(path: string, options?: RequestOptions): Promise<APIGatewayProxyEventV2> {
  await get(path, options);
  const [event] = events.splice(0);
  if (!event) {
    throw new Error('the handler was not called');
  }
  return event;
}

describe('the event of a request', () => {
  it('is complete, as API Gateway makes it', async () => {
    const event = await eventOf('/health/pool/or%20ders?a=1&a=2&b=', {
      headers: { 'User-Agent': 'test', 'X-Two': ['one', 'two'], Cookie: 'k=v; l=w' },
    });
    expect(event).toEqual({
      version: '2.0',
      routeKey: 'GET /health/pool/{pool}',
      rawPath: '/health/pool/or%20ders',
      rawQueryString: 'a=1&a=2&b=',
      cookies: ['k=v', 'l=w'],
      headers: { host: `127.0.0.1:${server.port}`, connection: 'close', 'user-agent': 'test', 'x-two': 'one,two' },
      queryStringParameters: { a: '1,2', b: '' },
      pathParameters: { pool: 'or ders' },
      requestContext: {
        accountId: '000000000000',
        apiId: 'local',
        domainName: `127.0.0.1:${server.port}`,
        domainPrefix: 'localhost',
        http: {
          method: 'GET',
          path: '/health/pool/or%20ders',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'test',
        },
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        routeKey: 'GET /health/pool/{pool}',
        stage: '$default',
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        timeEpoch: expect.any(Number),
      },
      isBase64Encoded: false,
    });
  });

  it('has no parameters and no cookies where there are none', async () => {
    const event = await eventOf('/health/pool');
    expect(event.routeKey).toBe('GET /health/pool');
    expect(event).not.toHaveProperty('pathParameters');
    expect(event).not.toHaveProperty('queryStringParameters');
    expect(event).not.toHaveProperty('cookies');
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD'])(
    'of a known path keeps its route when it is a %s',
    async (method) => {
      const event = await eventOf('/health/pool', { method });
      expect(event.routeKey).toBe('GET /health/pool');
      expect(event.requestContext.http.method).toBe(method);
    },
  );

  it.each(['/', '/?pool=a', '/health'])('of %s is that of the page', async (path) => {
    expect((await eventOf(path)).routeKey).toBe('GET /health');
  });

  it('of the history names its pool in the query', async () => {
    const { routeKey, queryStringParameters } = await eventOf('/health/history?pool=or%20ders');
    expect({ routeKey, queryStringParameters }).toEqual({
      routeKey: 'GET /health/history',
      queryStringParameters: { pool: 'or ders' },
    });
  });

  it.each([
    '/nope',
    '/health/',
    '/health/history/',
    '/health/pool/',
    '/health/pool/a/b',
    '//health/pool',
    '/health/poolx',
    '/HEALTH/pool',
    '/x/health/pool',
    '/health/pool/%',
    '/health/pool/%E0%A4%A',
    '*',
    'http://localhost/nope',
  ])('of %s is the default route', async (path) => {
    const event = await eventOf(path);
    expect(event.routeKey).toBe('$default');
    expect(event).not.toHaveProperty('pathParameters');
  });

  it.each([
    ['/health/pool/a%2Fb', 'a/b'],
    ['/health/pool/%25', '%'],
    ['/health/pool/__proto__', '__proto__'],
    ['/health/pool/..', '..'],
  ])('of %s names the pool %s', async (path, pool) => {
    expect((await eventOf(path)).pathParameters).toEqual({ pool });
  });

  it('of an absolute URL has its path, and its host instead of that of the header', async () => {
    const path = `http://LOCALHOST:${server.port}/health/pool/orders?a=1`;
    const event = await eventOf(path, { headers: { host: 'elsewhere.example' } });
    expect(event).toMatchObject({
      routeKey: 'GET /health/pool/{pool}',
      rawPath: '/health/pool/orders',
      rawQueryString: 'a=1',
      headers: { host: `LOCALHOST:${server.port}` },
      pathParameters: { pool: 'orders' },
      requestContext: { domainName: `LOCALHOST:${server.port}` },
    });
  });

  it.each(['http://localhost', 'http://localhost/?pool=a', 'http://localhost?pool=a'])(
    'of %s is that of the page',
    async (path) => {
      expect((await eventOf(path)).routeKey).toBe('GET /health');
    },
  );

  it('reads its query once, however many parameters it has', async () => {
    const operations = ['get', 'getAll', 'has', 'keys', 'values', 'entries', 'forEach', Symbol.iterator] as const;
    const spies = operations.map((name) => vi.spyOn(URLSearchParams.prototype, name));
    const parameters = '&a=1&b'.repeat(2_000);
    const event = await eventOf(`/health/pool?${parameters}`);
    const calls = spies.reduce((sum, { mock }) => sum + mock.calls.length, 0);
    vi.restoreAllMocks();
    expect(calls).toBeLessThanOrEqual(1);
    expect(event.queryStringParameters).toEqual({ a: Array(2_000).fill('1').join(','), b: ','.repeat(1_999) });
  });

  it('survives a query that is badly encoded', async () => {
    expect((await eventOf('/health/pool?a=%ZZ&=&&?')).rawQueryString).toBe('a=%ZZ&=&&?');
  });
});

describe('a request for another host', () => {
  const misdirected = { status: 421, headers: { 'content-type': 'application/json' } };

  it.each([
    'rebound.example',
    'rebound.example:3000',
    'localhost.rebound.example',
    'localhost@rebound.example',
    '127.0.0.1.rebound.example',
    '192.0.2.1',
    '0.0.0.0:3000',
    '[::2]',
    '::1',
    'localhost:x',
  ])('is refused with 421 and never handled: %j', async (host) => {
    const answer = await get('/health/details', { headers: { host } });
    expect(answer).toMatchObject(misdirected);
    expect(JSON.parse(answer.body)).toEqual({ message: expect.stringContaining('POOL_HEALTH_HOSTS') });
    expect(answer.body).not.toContain('rebound');
    expect(events).toEqual([]);
  });

  it('is refused by its absolute URL, whatever its Host is', async () => {
    const headers = { host: 'localhost' };
    expect(await get('http://rebound.example/health/pool', { headers })).toMatchObject(misdirected);
    expect(await get('http://localhost@rebound.example/health/pool', { headers })).toMatchObject(misdirected);
    expect(await get('http:///health/pool', { headers })).toMatchObject(misdirected);
    expect(events).toEqual([]);
  });

  it('is refused where the Host is empty', async () => {
    expect(await raw('GET /health/pool HTTP/1.1\r\nHost:\r\n')).toMatch(/^HTTP\/1\.1 421 /);
    expect(events).toEqual([]);
  });

  it('is refused where a second Host follows', async () => {
    const answer = await raw('GET /health/pool HTTP/1.1\r\nHost: localhost\r\nHost: rebound.example\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(events).toEqual([]);
  });

  it.each(['localhost', 'LocalHost:3000', '127.0.0.1', '127.0.0.1:1', '[::1]', '[::1]:3000'])(
    'is none where the host is this machine: %s',
    async (host) => {
      expect(await get('/health/pool', { headers: { host } })).toMatchObject({ status: 200 });
    },
  );

  it('is none where HTTP/1.0 has no Host, as of some health checks', async () => {
    expect(await raw('GET /health/pool HTTP/1.0\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('is none where the user named the host', async () => {
    await server.close();
    server = await listen(0, ['dev.example']);
    server.serve(async () => ({ statusCode: 200 }));
    expect(await get('/', { headers: { host: 'Dev.Example:443' } })).toMatchObject({ status: 200 });
    expect(await get('/', { headers: { host: 'sub.dev.example' } })).toMatchObject(misdirected);
    expect(await get('/', { headers: { host: 'localhost' } })).toMatchObject({ status: 200 });
  });
});

describe('the answer', () => {
  it("is the handler's", async () => {
    const answer = await get('/health/pool');
    expect(answer).toMatchObject({ status: 200, body: '{"ok":true}' });
    expect(answer.headers).toMatchObject({ 'x-answer': 'yes', 'content-length': '11' });
  });

  it('has neither a body nor the length of an empty one for HEAD', async () => {
    server.serve(async () => ({ statusCode: 200, headers: { 'x-answer': 'yes' }, body: '' }));
    const answer = await get('/health/pool', { method: 'HEAD' });
    expect(answer).toMatchObject({ status: 200, body: '' });
    expect(answer.headers).toMatchObject({ 'x-answer': 'yes' });
    expect(answer.headers).not.toHaveProperty('content-length');
  });

  it('may be binary and set cookies', async () => {
    server.serve(async () => ({ statusCode: 503, isBase64Encoded: true, body: 'aGk=', cookies: ['a=1', 'b=2'] }));
    const answer = await get('/');
    expect(answer).toMatchObject({ status: 503, body: 'hi' });
    expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2']);
  });

  it("is API Gateway's 500 when the handler throws, and the log does not repeat the error's words", async () => {
    const log = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    server.serve(async () => {
      throw new TypeError('secret.host.example');
    });
    const answer = await get('/health/pool');
    expect(answer).toMatchObject({ status: 500, body: '{"message":"Internal Server Error"}' });
    expect(answer.headers['content-type']).toBe('application/json');
    expect(log.mock.calls.flat().join('')).toBe('The handler threw TypeError\n');
    log.mockRestore();
  });

  it('is 503 before there is a handler', async () => {
    const early = await listen(0);
    const response = await fetch(`http://127.0.0.1:${early.port}/health/pool`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ message: 'Service Unavailable' });
    await early.close();
  });

  it('comes although the request brings a large body', async () => {
    expect(await get('/health/pool', { method: 'POST' }, 'x'.repeat(5_000_000))).toMatchObject({ status: 200 });
    expect(events[0]).not.toHaveProperty('body');
  });
});

describe('the server', () => {
  it('says that its port is taken', async () => {
    await expect(listen(server.port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('closes although a client has sent half a request and another waits for its answer', async () => {
    let called: () => void = () => undefined;
    const isCalled = new Promise<void>((resolve) => {
      called = resolve;
    });
    server.serve(() => {
      called();
      return new Promise(() => undefined);
    });
    const slow = connect(server.port, '127.0.0.1');
    const ended = new Promise((resolve) => slow.on('error', resolve).on('close', resolve));
    slow.write('GET /health/pool HTTP/1.1\r\nHost:');
    const waiting = expect(get('/health/pool')).rejects.toMatchObject({ code: 'ECONNRESET' });
    await isCalled;
    await server.close();
    await Promise.all([waiting, ended]);
  });
});

import { createHash } from 'node:crypto';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { type History, type HistorySource, historySeries } from '../../functions/core/history.js';
import { METRIC_NAMESPACE } from '../../functions/core/metrics.js';
import { pageModule } from '../../infra/build/page.js';
import { getEvent } from '../support/events.js';
import { pageHandlerOf } from '../support/page-handler.js';

const EMPTY: Omit<History, 'pool'> = {
  source: 'memory',
  stepSeconds: 5,
  from: '2026-01-02T11:00:00.000Z',
  to: '2026-01-02T12:00:00.000Z',
  times: [],
  series: historySeries([], () => null),
  problems: [],
};

function source(...pools: string[]): HistorySource {
  return { pools, history: async (pool) => ({ pool, ...EMPTY }) };
}

async function get(
  routeKey: string,
  { pools = ['orders'], pool, method }: { pools?: string[]; pool?: string; method?: string } = {},
): Promise<APIGatewayProxyStructuredResultV2> {
  const event: APIGatewayProxyEventV2 = {
    ...getEvent(routeKey, undefined, method),
    ...(pool !== undefined && { queryStringParameters: { pool } }),
  };
  return await pageHandlerOf(source(...pools))(event);
}

const PAGE = await get('GET /health');
const HTML = PAGE.body ?? '';
const POLICY = new Map(
  `${PAGE.headers?.['content-security-policy']}`.split('; ').map((directive) => {
    const [name = '', ...values] = directive.split(' ');
    return [name, values.join(' ')];
  }),
);
const inside = (tag: string) =>
  [...HTML.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, 'g'))].map(([, text]) => text);

describe('the page', () => {
  test('is one HTML file of less than 100 KB, which no cache stores', () => {
    expect(PAGE.statusCode).toBe(200);
    expect(PAGE.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
    expect(HTML).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(Buffer.byteLength(HTML)).toBeLessThan(100_000);
  });

  test('is built from this source', async () => {
    expect((await pageModule()).source).toContain(JSON.stringify(HTML));
  });

  test('loads nothing from any other address', () => {
    const addresses = HTML.match(/(?:https?:)?\/\/[\w.-]+/g) ?? [];
    // The names of XML vocabularies, of which nobody asks anything.
    expect(addresses.filter((address) => address !== 'http://www.w3.org')).toEqual([]);
    expect(HTML).not.toMatch(/<(?:script|img|iframe)[^>]* src=|@import|url\(/);
    expect(HTML.match(/<link [^>]*>/g)).toEqual([expect.stringMatching(/^<link rel="icon" href="data:/)]);
  });

  test.each([
    ['script', 'script-src'],
    ['style', 'style-src'],
  ])('has a policy that allows its own %s by hash, and no other', (tag, directive) => {
    const [text = '', ...others] = inside(tag);
    expect(others).toEqual([]);
    expect(text.length).toBeGreaterThan(1_000);
    expect(POLICY.get(directive)).toBe(`'sha256-${createHash('sha256').update(text).digest('base64')}'`);
  });

  test('has a policy that allows requests to its own origin, and nothing else', () => {
    const rest = Object.fromEntries([...POLICY].filter(([name]) => !['script-src', 'style-src'].includes(name)));
    expect(rest).toEqual({
      'default-src': "'none'",
      'connect-src': "'self'",
      'img-src': 'data:',
      'base-uri': "'none'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
      'require-trusted-types-for': "'script'",
      'trusted-types': "'none'",
    });
    // What a policy with hashes would refuse.
    expect(HTML).not.toMatch(/ style="| on\w+="/);
    expect(PAGE.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
  });

  test('contains nothing about the deployment', () => {
    expect(HTML).not.toContain(METRIC_NAMESPACE);
    expect(HTML).not.toContain(process.cwd());
  });
});

describe('the history', () => {
  test('is the history of the pool that the query names', async () => {
    const { statusCode, headers, body } = await get('GET /health/history', {
      pools: ['orders', 'carts'],
      pool: 'carts',
    });
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' });
    expect(JSON.parse(body ?? '')).toEqual({ pool: 'carts', ...EMPTY });
  });

  test('needs no name if there is one pool only', async () => {
    expect(JSON.parse((await get('GET /health/history')).body ?? '')).toMatchObject({ pool: 'orders' });
  });

  test('needs a name if there are several pools', async () => {
    const { statusCode, body } = await get('GET /health/history', { pools: ['orders', 'carts'] });
    expect(statusCode).toBe(400);
    expect(body).toContain('/health/history?pool=<pool>');
  });

  test.each(['nobody', '__proto__', 'toString', 'orders,orders'])('of the unknown pool %s is 404', async (pool) => {
    expect((await get('GET /health/history', { pool })).statusCode).toBe(404);
  });
});

test.each(['GET /health', 'GET /health/history'])('%s answers 405 to any other method', async (route) => {
  const { statusCode, headers } = await get(route, { method: 'POST' });
  expect({ statusCode, allow: headers?.allow }).toEqual({ statusCode: 405, allow: 'GET, HEAD' });
});

test('any other route is 404', async () => {
  expect((await get('$default')).statusCode).toBe(404);
});

test.each([[null], [{}], [{ requestContext: 7 }]])('the malformed event %j is answered', async (event) => {
  const { statusCode } = await pageHandlerOf(source('orders'))(event as unknown as APIGatewayProxyEventV2);
  expect(statusCode).toBe(405);
});

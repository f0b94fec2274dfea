import { createHash } from 'node:crypto';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { type History, type HistorySource, historySeries } from '../../functions/core/history.js';
import { DEFAULT_NAMESPACE } from '../../functions/core/namespace.js';
import { pageModule } from '../../infra/build/page.js';
import { FUNCTION_ALARMS } from '../../infra/monitoring/function-alarms.js';
import { POOL_ALARMS } from '../../infra/monitoring/pool-alarms.js';
import { PROXY_ALARMS } from '../../infra/monitoring/proxy-alarms.js';
import { getEvent } from '../support/events.js';
import { read } from '../support/markdown.js';
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
const RUNBOOK = await get('GET /health/runbook');
const RUNBOOK_HTML = RUNBOOK.body ?? '';
const policyOf = ({ headers }: APIGatewayProxyStructuredResultV2) =>
  new Map(
    `${headers?.['content-security-policy']}`.split('; ').map((directive) => {
      const [name = '', ...values] = directive.split(' ');
      return [name, values.join(' ')];
    }),
  );
const POLICY = policyOf(PAGE);
const inside = (tag: string, html = HTML) =>
  [...html.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, 'g'))].map(([, text]) => text ?? '');
const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

describe('the page', () => {
  test('is one HTML file of less than 100 KB, which no cache stores', () => {
    expect(PAGE.statusCode).toBe(200);
    expect(PAGE.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
    expect(HTML).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(Buffer.byteLength(HTML)).toBeLessThan(100_000);
  });

  test('is built from this source', async () => {
    const { source: built } = await pageModule();
    expect(built).toContain(JSON.stringify(HTML));
    expect(built).toContain(JSON.stringify(RUNBOOK_HTML));
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
    expect(POLICY.get(directive)).toBe(hashOf(text));
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
    expect(HTML).not.toContain(DEFAULT_NAMESPACE);
    expect(HTML).not.toContain(process.cwd());
  });
});

describe('the runbook', () => {
  const attributes = (name: string) =>
    [...RUNBOOK_HTML.matchAll(new RegExp(` ${name}="([^"]*)"`, 'g'))].map(([, value = '']) => value);

  test('is one HTML file of at most 40 KB, which no cache stores', () => {
    expect(RUNBOOK.statusCode).toBe(200);
    expect(RUNBOOK.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
    expect(RUNBOOK_HTML).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(Buffer.byteLength(RUNBOOK_HTML)).toBeLessThanOrEqual(40 * 1_024);
  });

  test('answers HEAD with the same headers and no body', async () => {
    const { headers, statusCode, body } = await get('HEAD /health/runbook', { method: 'HEAD' });
    expect({ headers, statusCode, body }).toEqual({ headers: RUNBOOK.headers, statusCode: 200, body: '' });
  });

  test('has an anchor for each alarm, and no link that leads nowhere', () => {
    const anchors = attributes('id');
    expect(anchors).toEqual([...new Set(anchors)]);
    const alarms = [...POOL_ALARMS, ...PROXY_ALARMS, ...FUNCTION_ALARMS].map(({ name }) => name);
    expect(anchors).toEqual(expect.arrayContaining([...alarms, 'act-now']));
    const [links, others] = [true, false].map((isAnchor) =>
      attributes('href').filter((href) => href.startsWith('#') === isAnchor),
    );
    expect(links?.filter((href) => !anchors.includes(href.slice(1)))).toEqual([]);
    expect(others).toEqual([expect.stringMatching(/^data:/), '../health']);
  });

  test('has every word of docs/runbook.md, and no Markdown is left', () => {
    const shown = RUNBOOK_HTML.replace(/^[\s\S]*<main>/, '');
    const prose = shown.replaceAll(/<pre>[\s\S]*?<\/pre>|<code>.*?<\/code>/g, '');
    expect(prose).not.toMatch(/\*\*|`|\]\(|^#|^\|/m);
    const text = shown
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>');
    const words = new Set(
      text
        .replaceAll('&quot;', '"')
        .replaceAll('&amp;', '&')
        .match(/[\w-]+/g),
    );
    const written = read('docs/runbook.md').replaceAll(/^```.*$|\]\([^)]*\)/gm, '');
    expect(written.match(/[\w-]+/g)?.filter((word) => /\w/.test(word) && !words.has(word))).toEqual([]);
  });

  test('leads from the name of a command in an entry to the command', () => {
    const [, entry = ''] = RUNBOOK_HTML.split('<h3 id="utilization-high">');
    expect(entry).toContain('<a href="#command-holders"><strong>Holders</strong></a>');
    expect(RUNBOOK_HTML).toContain('<p id="command-holders"><strong class="command">Holders</strong>: ');
  });

  test('has a policy that allows its own style by hash, and nothing else', () => {
    const [style = '', ...others] = inside('style', RUNBOOK_HTML);
    expect(others).toEqual([]);
    const { 'style-src': allowed, ...rest } = Object.fromEntries(policyOf(RUNBOOK));
    expect(allowed).toBe(hashOf(style));
    expect(rest).toEqual({
      'default-src': "'none'",
      'img-src': 'data:',
      'base-uri': "'none'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
      'require-trusted-types-for': "'script'",
      'trusted-types': "'none'",
    });
    expect(RUNBOOK_HTML).not.toMatch(/<script| style="| on\w+="/);
  });

  test('is linked from the page, under any path', () => {
    expect(HTML).toContain('<a href="health/runbook">');
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

test.each(['GET /health', 'GET /health/history', 'GET /health/runbook'])(
  '%s answers 405 to any other method',
  async (route) => {
    const { statusCode, headers } = await get(route, { method: 'POST' });
    expect({ statusCode, allow: headers?.allow }).toEqual({ statusCode: 405, allow: 'GET, HEAD' });
  },
);

test('any other route is 404', async () => {
  expect((await get('$default')).statusCode).toBe(404);
});

test.each([[null], [{}], [{ requestContext: 7 }]])('the malformed event %j is answered', async (event) => {
  const { statusCode } = await pageHandlerOf(source('orders'))(event as unknown as APIGatewayProxyEventV2);
  expect(statusCode).toBe(405);
});

import { readFileSync } from 'node:fs';
import { DETAILS_ROUTE, PAGE_ROUTES, ROUTES } from '../../functions/core/routes.js';
import { DETAILS_SCHEMAS } from './details-schemas.js';
import { HISTORY_SCHEMAS } from './history-schemas.js';
import { POOL_SCHEMAS } from './pool-schemas.js';
import { message, reference, type Schema } from './schemas.js';

/** The description of the HTTP API, OpenAPI 3.1. Routes are those of the contract. */
export function openapi(): string {
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'pool-health',
      version,
      description:
        'How full a PostgreSQL connection pool is, and which side is full. Read-only. No answer may be cached on its way; `ageMs` is the age of what it tells.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [
      { url: 'http://localhost:3000', description: 'npm start' },
      {
        url: 'https://{api}.execute-api.{region}.amazonaws.com',
        description: 'deployed, see the output ApiUrl',
        variables: { api: { default: 'api' }, region: { default: 'us-east-1' } },
      },
    ],
    paths: paths(),
    components: {
      schemas: { ...POOL_SCHEMAS, ...DETAILS_SCHEMAS, ...HISTORY_SCHEMAS, Message: message },
      securitySchemes: {
        iam: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: 'AWS Signature Version 4, service execute-api; curl --aws-sigv4 makes one.',
        },
      },
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

function paths(): Schema {
  const entries = OPERATIONS.map(({ route, ...operation }) => {
    const [method = '', path = ''] = route.split(' ');
    return [path, { [method.toLowerCase()]: operation }];
  });
  return Object.fromEntries(entries);
}

function json(description: string, schema: string): Schema {
  return { description, content: { 'application/json': { schema: reference(schema) } } };
}

/** The same status has two bodies: API Gateway says with it, too, that Lambda had no room to run the function. */
function unavailable(description: string, schema: string): Schema {
  const either = { anyOf: [reference(schema), reference('Message')] };
  const text = `${description} With a message alone it is API Gateway's: the function could not run.`;
  return { description: text, content: { 'application/json': { schema: either } } };
}

const COMMON = {
  '403': json('Not signed or not allowed, where a signature is asked for; from API Gateway.', 'Message'),
  '404': json('There is no such pool or path.', 'Message'),
  '405': json('Another method than GET; API Gateway itself answers 404 then.', 'Message'),
  '429': json('Throttled by API Gateway.', 'Message'),
  '500': json('The function itself failed.', 'Message'),
};
function without404({ '404': _, ...others }: typeof COMMON) {
  return others;
}

const POOL_RESPONSES = {
  '200': json('Healthy.', 'PoolReport'),
  '503': unavailable('Unhealthy: the same body.', 'PoolReport'),
  ...COMMON,
};
const SIGNED_IF_SET = [{}, { iam: [] }];

interface Operation extends Schema {
  readonly route: string;
}

const OPERATIONS: readonly Operation[] = [
  {
    route: ROUTES.worstPool,
    operationId: 'getWorstPool',
    summary: 'The pool, or of several the one in most trouble and a line for each',
    security: SIGNED_IF_SET,
    responses: POOL_RESPONSES,
  },
  {
    route: ROUTES.onePool,
    operationId: 'getPool',
    summary: 'One pool',
    security: SIGNED_IF_SET,
    parameters: [{ name: 'pool', in: 'path', required: true, schema: { type: 'string' } }],
    responses: POOL_RESPONSES,
  },
  {
    route: DETAILS_ROUTE,
    operationId: 'getDetails',
    summary: 'Who holds the connections, the slots term by term, problems with their values, a timed round trip',
    security: [{ iam: [] }],
    parameters: [{ name: 'pool', in: 'query', description: 'The worst pool without it.', schema: { type: 'string' } }],
    responses: {
      '200': json('All is well.', 'DetailsReport'),
      '503': unavailable('Not all is well: the same body.', 'DetailsReport'),
      ...COMMON,
    },
  },
  {
    route: PAGE_ROUTES.page,
    operationId: 'getPage',
    summary: 'The page: the same for people, one HTML file that asks this API and nobody else',
    security: SIGNED_IF_SET,
    responses: {
      '200': {
        description: 'The page; npm start has it at / as well.',
        content: { 'text/html': { schema: { type: 'string' } } },
      },
      ...without404(COMMON),
    },
  },
  {
    route: PAGE_ROUTES.history,
    operationId: 'getHistory',
    summary: 'The last hour of one pool',
    security: SIGNED_IF_SET,
    parameters: [
      {
        name: 'pool',
        in: 'query',
        description: 'May be left out where there is one pool only.',
        schema: { type: 'string' },
      },
    ],
    responses: {
      '200': json('The last hour, null where nothing is known.', 'History'),
      '503': unavailable('The history cannot be asked: the same body, with the reason.', 'History'),
      '400': json('There are several pools, and none is named.', 'Message'),
      ...COMMON,
    },
  },
];

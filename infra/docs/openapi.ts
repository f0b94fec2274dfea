import { readFileSync } from 'node:fs';
import { type JsonSchema, toJsonSchemaDefs } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { DETAILS_REPORT, POOLER_STATS, SESSION_GROUP, SLOTS } from '../../functions/core/details-report.js';
import { HISTORY } from '../../functions/core/history.js';
import { APP, DATABASE, MANAGED_POOL, POOL_REPORT, POOL_SUMMARY } from '../../functions/core/pool-report.js';
import { PROBLEMS } from '../../functions/core/problems.js';
import { PROBLEM } from '../../functions/core/report-parts.js';
import { DETAILS_ROUTE, PAGE_ROUTES, ROUTES } from '../../functions/core/routes.js';

type Json = Readonly<Record<string, unknown>>;

/** The schemas of the reports by their names in the document. */
const SCHEMAS = {
  PoolReport: POOL_REPORT,
  PoolSummary: POOL_SUMMARY,
  Problem: PROBLEM,
  ManagedPool: MANAGED_POOL,
  Database: DATABASE,
  App: APP,
  DetailsReport: DETAILS_REPORT,
  Holder: SESSION_GROUP,
  Slots: SLOTS,
  ManagedFigures: POOLER_STATS,
  History: HISTORY,
  Message: v.object({ message: v.string() }),
};

/** The HTTP API as an OpenAPI 3.1 document. */
export function openapi(): string {
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'pool-health',
      version,
      description:
        'Reports how full a PostgreSQL connection pool is and which layer is full. Read-only. Responses must not be cached; `ageMs` is the age of the sample.',
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
      schemas: schemas(),
      securitySchemes: {
        iam: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: 'AWS Signature Version 4, service execute-api. curl --aws-sigv4 creates it.',
        },
      },
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

function schemas(): Json {
  return toJsonSchemaDefs(SCHEMAS, {
    target: 'draft-2020-12',
    overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
    overrideSchema: ({ valibotSchema, jsonSchema }) =>
      valibotSchema === PROBLEM.entries.code ? { ...jsonSchema, enum: Object.keys(PROBLEMS) } : compactNull(jsonSchema),
  });
}

/** Writes `anyOf: [{ type: 'integer' }, { type: 'null' }]` as `type: ['integer', 'null']`. */
function compactNull({ anyOf, ...others }: JsonSchema): JsonSchema | null {
  const [inner, second] = anyOf ?? [];
  const isNullable = typeof second === 'object' && second.type === 'null';
  if (!isNullable || typeof inner !== 'object' || typeof inner.type !== 'string' || inner.type === 'array') {
    return null;
  }
  const { type, enum: words } = inner;
  return { ...others, ...inner, type: [type, 'null'], ...(words && { enum: [...words, null] }) };
}

function reference(name: keyof typeof SCHEMAS): Json {
  return { $ref: `#/components/schemas/${name}` };
}

function paths(): Json {
  const entries = OPERATIONS.map(({ route, ...operation }) => {
    const [method = '', path = ''] = route.split(' ');
    return [path, { [method.toLowerCase()]: operation, head: headOf(operation) }];
  });
  return Object.fromEntries(entries);
}

/** The same responses without a body. */
function headOf({ operationId, summary, responses, ...others }: Omit<Operation, 'route'>): Json {
  const withoutBody = Object.entries(responses).map(([status, { description }]) => [status, { description }]);
  const name = `head${operationId.replace(/^get/, '')}`;
  return {
    ...others,
    operationId: name,
    summary: `${summary}: without the body`,
    responses: Object.fromEntries(withoutBody),
  };
}

function json(description: string, schema: keyof typeof SCHEMAS): Json {
  return { description, content: { 'application/json': { schema: reference(schema) } } };
}

/** API Gateway answers the same status with another body if Lambda cannot run the function. */
function unavailable(description: string, schema: keyof typeof SCHEMAS): Json {
  const either = { anyOf: [reference(schema), reference('Message')] };
  const text = `${description} A body with only a message comes from API Gateway: the function could not run.`;
  return { description: text, content: { 'application/json': { schema: either } } };
}

const COMMON = {
  '403': json('The request is not signed or not allowed, if a signature is required. From API Gateway.', 'Message'),
  '404': json('There is no such pool or path.', 'Message'),
  '405': json('The method is neither GET nor HEAD. API Gateway answers 404 instead.', 'Message'),
  '429': json('Throttled by API Gateway.', 'Message'),
  '500': json('The function failed.', 'Message'),
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

interface Operation {
  readonly route: string;
  readonly operationId: string;
  readonly summary: string;
  readonly security: readonly Json[];
  readonly parameters?: readonly Json[];
  readonly responses: Readonly<Record<string, Json>>;
}

const OPERATIONS: readonly Operation[] = [
  {
    route: ROUTES.worstPool,
    operationId: 'getWorstPool',
    summary: 'The pool. With several pools: the worst pool, and one line for each pool',
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
    summary: 'Sessions that hold connections, server slots, problems with values, and a timed round trip',
    security: [{ iam: [] }],
    parameters: [{ name: 'pool', in: 'query', description: 'Default: the worst pool.', schema: { type: 'string' } }],
    responses: {
      '200': json('The pool is healthy and no problem is an error.', 'DetailsReport'),
      '503': unavailable('The pool is unhealthy or a problem is an error: the same body.', 'DetailsReport'),
      ...COMMON,
    },
  },
  {
    route: PAGE_ROUTES.page,
    operationId: 'getPage',
    summary: 'The page for people: one HTML file that requests only this API',
    security: SIGNED_IF_SET,
    responses: {
      '200': {
        description: 'The page. npm start also serves it at /.',
        content: { 'text/html': { schema: { type: 'string' } } },
      },
      ...without404(COMMON),
    },
  },
  {
    route: PAGE_ROUTES.runbook,
    operationId: 'getRunbook',
    summary: 'The runbook: one HTML file with an anchor for each alarm, such as #heartbeat',
    security: SIGNED_IF_SET,
    responses: {
      '200': { description: 'The runbook.', content: { 'text/html': { schema: { type: 'string' } } } },
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
        description: 'Optional if there is only one pool.',
        schema: { type: 'string' },
      },
    ],
    responses: {
      '200': json('The last hour. Unknown values are null.', 'History'),
      '503': unavailable('The history cannot be read: the same body, with the reason.', 'History'),
      '400': json('There are several pools and the request names none.', 'Message'),
      ...COMMON,
    },
  },
];

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { read } from './markdown.js';

type Json = Readonly<Record<string, unknown>>;

/** The description of the API as it is committed. */
export const DESCRIPTION = JSON.parse(read('docs/reference/openapi.json')) as {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Json };
};

interface Reference {
  readonly $ref: string;
}

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content: Json }>>;
}

/** The description lets other keys stand beside; what is answered today may have no key that is not described. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(closed);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const entries = Object.entries(value).map(([key, inner]) => [key, closed(inner)] as const);
  return { ...Object.fromEntries(entries), ...('properties' in value && { additionalProperties: false }) };
}

const ajv = new Ajv2020({
  strict: true,
  allowUnionTypes: true,
  allErrors: true,
  formats: { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ },
});
ajv.addKeyword('components');
ajv.addSchema({ $id: 'api:', components: closed(DESCRIPTION.components) as Json });

/**
 * What is wrong with an answer, as the description has it; empty: nothing.
 *
 * @param route such as `GET /health/pool`
 */
export function mistakes(route: string, status: number, body: unknown): readonly string[] {
  const [method = '', path = ''] = route.split(' ');
  const response = DESCRIPTION.paths[path]?.[method.toLowerCase()]?.responses[String(status)];
  if (!response) {
    return [`${route} has no answer ${status} in the description`];
  }
  const { schema } = response.content['application/json'] as { schema: Reference | { anyOf: [Reference, Reference] } };
  // The second of two is API Gateway's own.
  const { $ref } = 'anyOf' in schema ? schema.anyOf[0] : schema;
  const validate = ajv.getSchema(`api:${$ref}`) as ValidateFunction;
  return validate(body) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

import { PROBLEMS } from '../../functions/core/problems.js';

/** Parts of JSON Schema 2020-12, as OpenAPI 3.1 takes it. Whatever may not be known says so: `null` is one of its types. */
export type Schema = Readonly<Record<string, unknown>>;

/** An object that has all of these keys. What is added later stands beside them, so that other keys are no mistake. */
export function object(properties: Readonly<Record<string, Schema>>, description?: string, optional: string[] = []) {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', ...(description && { description }), properties, required } satisfies Schema;
}

export const count = { type: 'integer', minimum: 0 } satisfies Schema;
export const knownCount = { type: ['integer', 'null'], minimum: 0 } satisfies Schema;
export const known = { type: ['number', 'null'], minimum: 0 } satisfies Schema;
export const time = { type: 'string', format: 'date-time' } satisfies Schema;

export function of(schema: Schema, description: string): Schema {
  return { ...schema, description };
}

export function reference(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

export function referenceOrNull(name: string, description: string): Schema {
  return { description, anyOf: [reference(name), { type: 'null' }] };
}

export function list(items: Schema, description?: string): Schema {
  return { type: 'array', ...(description && { description }), items };
}

export function oneOf(...values: readonly (string | null)[]): Schema {
  return { enum: values };
}

export const problemParts = {
  code: oneOf(...Object.keys(PROBLEMS)),
  severity: oneOf('error', 'warning'),
  layer: oneOf('app', 'managed', 'database', 'config', 'aws'),
  text: of({ type: 'string' }, 'What it means and what to do; fixed for each code.'),
};

export const message = object({ message: { type: 'string' } });

import type * as v from 'valibot';

/** One key of an object that a user writes, as the schema that checks it knows it. */
export interface Key {
  /** Dotted, `[]` for every item of a list: `pools[].name`. */
  readonly path: string;
  /** What is accepted, in the words of the error that refuses anything else. */
  readonly accepted: string;
  /** Undefined where the schema has none. */
  readonly byDefault: unknown;
  readonly isRequired: boolean;
}

/** What is read of a schema of valibot, which all kinds of schemas and of pipe items have or have not. */
interface Part {
  readonly type: string;
  readonly message?: unknown;
  readonly entries?: v.ObjectEntries;
  readonly wrapped?: Part;
  readonly default?: unknown;
  readonly item?: Part;
  readonly pipe?: readonly Part[];
}

/** Every key of an object schema, those of inner objects and of lists of objects too. */
export function keysOf(schema: v.GenericSchema, prefix = ''): readonly Key[] {
  return Object.entries(entriesOf(schema) ?? {}).flatMap(([name, entry]) =>
    keyAndInner(`${prefix}${name}`, entry as Part),
  );
}

function keyAndInner(path: string, entry: Part): readonly Key[] {
  const isOptional = entry.type === 'optional' || entry.type === 'exact_optional';
  const schema = isOptional && entry.wrapped ? entry.wrapped : entry;
  const key = { path, accepted: messages(schema), byDefault: entry.default, isRequired: !isOptional };
  const item = schema.item && entriesOf(schema.item) ? schema.item : null;
  const inner = item ?? (entriesOf(schema) ? schema : null);
  return inner ? [key, ...keysOf(inner as v.GenericSchema, `${path}${item ? '[]' : ''}.`)] : [key];
}

function entriesOf(schema: Part | v.GenericSchema): v.ObjectEntries | undefined {
  const part = schema as Part;
  return part.entries ?? part.pipe?.map(({ entries }) => entries).find((entries) => entries !== undefined);
}

/** All messages of a schema, without those that a longer one begins with. */
function messages(schema: Part): string {
  const parts = schema.pipe ?? [schema];
  const texts = [...new Set(parts.flatMap(({ message }) => (typeof message === 'string' ? [message] : [])))];
  return texts.filter((text) => !texts.some((other) => other !== text && other.startsWith(text))).join('; ');
}

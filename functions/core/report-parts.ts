import * as v from 'valibot';
import { layerOf, type Problem, type ProblemCode, textOf } from './problems.js';

/**
 * Parts that the schemas of the reports share. Each schema defines the type of a report, describes it in
 * docs/reference/openapi.json, and parses it in the CLI and on the page. Readers accept keys and words that a newer API has
 * added, so ranges and lists of words are described, not checked.
 */

export type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/**
 * Makes a schema. Mark each call as pure: esbuild then drops the schema from bundles that only use its type, as the handlers
 * do. esbuild does not know that the functions of valibot have no side effects.
 */
export function schema<Schema>(make: () => Schema): Schema {
  return make();
}

/** A whole number from 0. */
export const count = /* @__PURE__ */ schema(() => v.pipe(v.number(), v.metadata({ type: 'integer', minimum: 0 })));
export const countOrNull = /* @__PURE__ */ schema(() => v.nullable(count));
/** A number from 0, not necessarily whole. */
export const number = /* @__PURE__ */ schema(() => v.pipe(v.number(), v.metadata({ minimum: 0 })));
export const numberOrNull = /* @__PURE__ */ schema(() => v.nullable(number));
/** ISO 8601 in UTC. */
export const time = /* @__PURE__ */ schema(() => v.pipe(v.string(), v.isoTimestamp()));

/** One of these words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): v.GenericSchema<Word> {
  return v.pipe(v.string(), v.metadata({ enum: words })) as v.GenericSchema<string> as v.GenericSchema<Word>;
}

export function described<const Schema extends v.GenericSchema>(of: Schema, description: string) {
  return v.pipe(of, v.description(description));
}

/** A key that earlier versions of the API do not answer: null then. */
export function addedLater<const Schema extends v.GenericSchema>(of: Schema) {
  return v.fallback(v.nullable(of), null);
}

/** A problem as the public answer shows it. */
export const PROBLEM = /* @__PURE__ */ schema(() =>
  v.object({
    code: v.string() as v.GenericSchema<string> as v.GenericSchema<ProblemCode>,
    severity: oneOf('error', 'warning'),
    layer: oneOf('app', 'managed', 'database', 'config', 'aws'),
    text: described(
      v.string(),
      'What the problem means and what to do. Fixed for each code, apart from a pool that was not probed in time.',
    ),
  }),
);
export type PublicProblem = DeepReadonly<v.InferOutput<typeof PROBLEM>>;

export function toPublic(problem: Problem): PublicProblem {
  const { code, severity } = problem;
  return { code, severity, layer: layerOf(problem), text: textOf(problem) };
}

/** Adds the values, which appear only in details, logs and the terminal. */
export function withValues(problem: Problem): PublicProblem & Pick<Problem, 'values'> {
  return { ...toPublic(problem), values: problem.values };
}

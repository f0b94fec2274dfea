import * as v from 'valibot';
import { received } from '../functions/core/pool-settings.js';

/**
 * An object that knows only these keys. Unlike `strictObject`, which stops at the first unknown key, it reports each, with
 * those there are; and of a missing key it says what belongs there.
 */
export function closed<const Entries extends v.ObjectEntries>(entries: Entries) {
  const unknown = v.never(`unknown key; known here are ${Object.keys(entries).join(', ')}`);
  return v.objectWithRest(entries, unknown, ({ path }) => {
    const missing = entries[String(path?.[0].key)];
    return (missing && v.safeParse(missing, undefined).issues?.[0].message) ?? 'an object';
  });
}

/** A string of a form. @param accepted the form in words, with the fix where it is not plain */
export function matching(pattern: RegExp, accepted: string) {
  return v.pipe(v.string(accepted), v.regex(pattern, accepted));
}

/** A number that counts something. */
export function counting() {
  const accepted = 'a whole number >= 1';
  return v.pipe(v.number(accepted), v.safeInteger(accepted), v.minValue(1, accepted));
}

/** The mistakes in the shape of a value, a clear line each: the field, what is accepted, the value received. */
export function shapeMistakes(issues: readonly v.BaseIssue<unknown>[]): readonly string[] {
  return issues.map((issue) => {
    const field = v.getDotPath(issue) ?? 'the context';
    if (issue.type === 'never') {
      return `${field}: ${issue.message}`;
    }
    if (issue.input === undefined) {
      return `${field} is missing: it must be ${issue.message}`;
    }
    // An address is no secret here, but looks like one to `received`.
    const value = field.startsWith('emails') ? JSON.stringify(issue.input) : received(issue.input);
    return `${field} must be ${issue.message}, received ${value}`;
  });
}

/** What is wrong with the context of a deployment, and how to put it right. */
export class ContextError extends Error {
  constructor(readonly mistakes: readonly string[]) {
    const lines = mistakes.map((mistake) => `- ${mistake}`).join('\n');
    super(`The context "pool-health" in cdk.json cannot be deployed. Correct ${count(mistakes)}:\n${lines}`);
    this.name = 'ContextError';
  }
}

function count({ length }: readonly string[]): string {
  return length === 1 ? 'this' : `these ${length}`;
}

import * as v from 'valibot';
import { received } from '../functions/core/validation.js';

/**
 * A schema of an object that accepts these keys only. Unlike `strictObject`, which stops at the first unknown key, it
 * reports each unknown key together with the known ones, and for a missing key it reports what the key accepts.
 */
export function closed<const Entries extends v.ObjectEntries>(entries: Entries) {
  const unknown = v.never(`unknown key; known here are ${Object.keys(entries).join(', ')}`);
  return v.objectWithRest(entries, unknown, ({ path }) => {
    const missing = entries[String(path?.[0].key)];
    return (missing && v.safeParse(missing, undefined).issues?.[0].message) ?? 'an object';
  });
}

/** A schema of a string that matches a pattern. @param accepted the accepted form in words */
export function matching(pattern: RegExp, accepted: string) {
  return v.pipe(v.string(accepted), v.regex(pattern, accepted));
}

/** The mistakes that a schema found, one line each: the field, what it accepts, the value received. */
export function shapeMistakes(issues: readonly v.BaseIssue<unknown>[]): readonly string[] {
  return issues.map((issue) => {
    const field = v.getDotPath(issue) ?? 'the context';
    if (issue.type === 'never') {
      return `${field}: ${issue.message}`;
    }
    if (issue.input === undefined) {
      return `${field} is missing: it must be ${issue.message}`;
    }
    // `received` hides e-mail addresses, because they look like secrets; in the context they are none.
    const value = field.startsWith('emails') ? JSON.stringify(issue.input) : received(issue.input);
    return `${field} must be ${issue.message}, received ${value}`;
  });
}

/** The context of a deployment is invalid; the message lists every mistake. */
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

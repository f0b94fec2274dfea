import * as v from 'valibot';
import { received } from '../functions/health/settings.js';

/**
 * An object that knows only these keys. Unlike `strictObject`, which stops at the first, it reports every unknown key,
 * and which ones there are.
 */
export function closed<const Entries extends v.ObjectEntries>(entries: Entries) {
  const known = Object.keys(entries).join(', ');
  return v.objectWithRest(entries, v.never(`unknown key; known here are ${known}`), 'an object');
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
      return `${field} is missing${issue.type === 'object_with_rest' ? '' : `: it must be ${issue.message}`}`;
    }
    // An address is what `received` would hide as something like a connection string.
    const value = issue.type === 'email' ? JSON.stringify(issue.input) : received(issue.input);
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

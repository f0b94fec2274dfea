import * as v from 'valibot';
import { isObject } from './validation.js';

/** Parts of valibot schemas for what users write. Their messages say what is accepted. */

/** A whole number in a range. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER) {
  const accepted =
    max === Number.MAX_SAFE_INTEGER ? `a whole number >= ${min}` : `a whole number from ${min} to ${max}`;
  return v.pipe(v.number(accepted), v.safeInteger(accepted), v.minValue(min, accepted), v.maxValue(max, accepted));
}

/** A number in a range, fractions included. */
export function numberInRange(min: number, max: number) {
  const accepted = `a number from ${min} to ${max}`;
  return v.pipe(v.number(accepted), v.minValue(min, accepted), v.maxValue(max, accepted));
}

/** An object with these keys and no others. For an unknown key the message is the list of the known ones. */
export function strictKeys<const Entries extends v.ObjectEntries>(entries: Entries) {
  const keys = Object.keys(entries).join(', ');
  return v.strictObject(entries, ({ expected }) => (expected === 'never' ? keys : `an object with ${keys}`));
}

/** The same, and no list: valibot takes an empty list for an object without keys. */
export function strictObject<const Entries extends v.ObjectEntries>(entries: Entries) {
  const schema = strictKeys(entries);
  const accepted = `an object with ${Object.keys(entries).join(', ')}`;
  return v.pipe(v.custom<v.InferInput<typeof schema>>(isObject, accepted), schema);
}

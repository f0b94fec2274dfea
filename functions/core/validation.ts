import { escapeControlCharacters } from './control-characters.js';

/** What all checks of input have in common: the form of a mistake, and how a value is shown in an error. */

/** One mistake in an input: the field as the user calls it, the value received, what is accepted. */
export interface Violation {
  readonly field: string;
  readonly message: string;
}

const MAX_SHOWN_CHARACTERS = 60;
const LOOKS_LIKE_A_CONNECTION_STRING = /:\/\/|[@=]/;

/** A value as an error may show it: short, never a connection string, and of an object or a list only its type. */
export function received(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return receivedText(value);
    case 'number':
    case 'boolean':
      return String(value);
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? 'a list' : 'an object';
    default:
      return typeof value;
  }
}

function receivedText(value: string): string {
  if (LOOKS_LIKE_A_CONNECTION_STRING.test(value)) {
    return 'something like a connection string (not shown)';
  }
  const text = escapeControlCharacters(JSON.stringify(value));
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}...` : text;
}

/** Whether a value is an object and not a list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Such as `a, b or c`. */
export function alternatives(texts: readonly string[]): string {
  return `${texts.slice(0, -1).join(', ')} or ${texts.at(-1)}`;
}

import { randomInt } from 'node:crypto';
import { inspect } from 'node:util';
import { escapeControlCharacters } from '../../core/control-characters.js';

export type Style = 'green' | 'yellow' | 'red' | 'bold' | 'dim';

/** Colours a text for a terminal, or returns it unchanged if colours are off. */
export type Paint = (style: Style, text: string) => string;

/**
 * Begins a mark, which has the form of a colour sequence. Its numbers are random, so that no text from outside can contain a
 * mark: names and answers get no colour.
 */
const MARK = `\u001b[${randomInt(1_000, 10_000)};${randomInt(1_000, 10_000)};${randomInt(1_000, 10_000)};`;
const MARKS = new RegExp(`${MARK.replace('[', '\\[')}(\\d+)m`);

/** Encloses a text in marks. `printable` replaces them by the colour sequences. */
export const mark: Paint = (style, text) => {
  const [begin, end] = inspect.colors[style] ?? [];
  return `${MARK}${begin}m${text}${MARK}${end}m`;
};

/**
 * A text as it goes out: marks become colours, and control characters become visible escapes. Role names, application names
 * and answers of an API can contain them, to clear the screen or to forge lines.
 */
export function printable(text: string): string {
  return text
    .split(MARKS)
    .map((part, index) => (index % 2 === 0 ? escapeControlCharacters(part) : `\u001b[${part}m`))
    .join('');
}

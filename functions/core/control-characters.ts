/**
 * Characters that change how the text around them is shown: control characters (C0, DEL, C1), line and paragraph separators,
 * and bidirectional controls. A name with one can clear a terminal, forge a line, or read differently from what it is.
 *
 * @see https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
 */
const CONTROL_CHARACTERS = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

export function hasControlCharacters(text: string): boolean {
  return text.search(CONTROL_CHARACTERS) >= 0;
}

/** Replaces each control character, such as ESC by `\u001b`. A JSON text stays the same value, as JSON has these escapes. */
export function escapeControlCharacters(text: string): string {
  return text.replaceAll(CONTROL_CHARACTERS, (character) => `\\u${codeOf(character)}`);
}

/** The code point as four hexadecimal digits: every control character has a code below 0x10000. */
export function codeOf(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, '0');
}

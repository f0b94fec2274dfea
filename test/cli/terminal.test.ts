import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createTerminal, type Terminal } from '../../functions/cli/output/terminal.js';
import { escapeControlCharacters } from '../../functions/core/control-characters.js';

/** A terminal, and all that came out of it. */
function terminalOf(isColoured: boolean): { terminal: Terminal; written: string[] } {
  const written: string[] = [];
  const terminal = createTerminal({
    environment: {},
    isInteractive: true,
    isColoured,
    gone: new AbortController().signal,
    columns: 80,
    rows: 24,
    out: (text) => written.push(text),
    error: (text) => written.push(text),
  });
  return { terminal, written };
}

/** A name that sets the title, clears the screen, hides text, forges a line and turns the reading direction around. */
const HOSTILE = '\u001b]0;title\u0007\u001b[2J\u009b8m\r\nok  forged\u2028\u202e\u001b[32mgreen\u007f';
const VISIBLE =
  '\\u001b]0;title\\u0007\\u001b[2J\\u009b8m\\u000d\\u000aok  forged\\u2028\\u202e\\u001b[32mgreen\\u007f';

it.each([false, true])('control characters come out as visible escapes (colours: %s)', (isColoured) => {
  const { terminal, written } = terminalOf(isColoured);
  terminal.say(HOSTILE);
  terminal.complain(HOSTILE);
  expect(written).toEqual([`${VISIBLE}\n`, `pool-health: ${VISIBLE}\n`]);
});

it('a text of several lines keeps its own line breaks and tabs, and nothing else', () => {
  const { terminal, written } = terminalOf(false);
  terminal.write('a\n\tb\r\u001b[2J\n');
  terminal.writeError('a\n\u009b');
  expect(written).toEqual(['a\n\tb\\u000d\\u001b[2J\n', 'a\n\\u009b']);
});

it('a hostile name inside colours gets only those colours', () => {
  const { terminal, written } = terminalOf(true);
  terminal.say(`${terminal.paint('red', HOSTILE)} end`);
  expect(written).toEqual([`\u001b[31m${VISIBLE}\u001b[39m end\n`]);
});

it('the screen keeps its own cursor movements, and a name cannot add a line to it', () => {
  const { terminal, written } = terminalOf(true);
  terminal.openScreen();
  terminal.draw(HOSTILE, 'second');
  terminal.closeScreen();
  expect(written).toEqual([
    '\u001b[?1049h\u001b[?25l',
    `\u001b[H\u001b[J${VISIBLE}\nsecond`,
    '\u001b[?25h\u001b[?1049l',
  ]);
});

it('painted text has the width of its characters', () => {
  const { terminal } = terminalOf(true);
  expect(stripVTControlCharacters(terminal.paint('bold', 'four'))).toBe('four');
});

it('JSON stays the same value, whatever is in its texts', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const { terminal, written } = terminalOf(false);
      terminal.say(JSON.stringify({ text }));
      expect(JSON.parse(written[0] ?? '')).toEqual({ text });
    }),
    { examples: [[HOSTILE]] },
  );
});

it('text without control characters comes out unchanged', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      fc.pre(!/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(text));
      expect(escapeControlCharacters(text)).toBe(text);
    }),
  );
});

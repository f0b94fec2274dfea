import { styleText } from 'node:util';
import { mark, type Paint, printable } from './paint.js';

/** Escape sequences: the alternate screen, which preserves the old content, and the cursor. */
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_BELOW = '\u001b[J';

/**
 * The environment and output of a command. Every text of a command goes out through it, and control characters in the text
 * become visible escapes such as `\u001b`.
 */
export interface Terminal {
  readonly environment: NodeJS.ProcessEnv;
  /** Whether the output is a terminal. */
  readonly isInteractive: boolean;
  /** Aborted when the reader of the output is gone, for example after `head`. */
  readonly gone: AbortSignal;
  /** Width of the output in characters. */
  readonly columns: number;
  /** Height of the output in lines. */
  readonly rows: number;
  /** Uses colours if the output is a terminal; NO_COLOR and FORCE_COLOR override that. */
  readonly paint: Paint;
  /** Writes a text with its own line breaks and tabs to the output. */
  write(text: string): void;
  /** Writes lines to the output. A line break inside a line is a control character. */
  say(...lines: readonly string[]): void;
  /** Writes a text with its own line breaks and tabs to standard error. */
  writeError(text: string): void;
  /** Writes lines to standard error, each with the name of the program. */
  complain(...lines: readonly string[]): void;
  /** Shows an empty screen instead of the current one. */
  openScreen(): void;
  /** Replaces the lines of the screen. */
  draw(...lines: readonly string[]): void;
  /** Restores the screen before `openScreen`. */
  closeScreen(): void;
}

/** Where the output of a command goes. */
export interface TerminalDevice extends Pick<Terminal, 'environment' | 'isInteractive' | 'gone' | 'columns' | 'rows'> {
  readonly isColoured: boolean;
  /** Writes bytes to the output, as they are. */
  out(text: string): void;
  /** Writes bytes to standard error, as they are. */
  error(text: string): void;
}

export function createTerminal(device: TerminalDevice): Terminal {
  const { environment, isInteractive, gone, isColoured } = device;
  return {
    environment,
    isInteractive,
    gone,
    get columns() {
      return device.columns;
    },
    get rows() {
      return device.rows;
    },
    paint: isColoured ? mark : (_, text) => text,
    write: (text) => device.out(printableText(text)),
    say: (...lines) => device.out(lines.map((line) => `${printable(line)}\n`).join('')),
    writeError: (text) => device.error(printableText(text)),
    complain: (...lines) => device.error(lines.map((line) => `pool-health: ${printable(line)}\n`).join('')),
    openScreen: () => device.out(ENTER),
    // A line break after the last line would scroll. Clear first: clearing after a full line would cut that line.
    draw: (...lines) => device.out(`${HOME}${CLEAR_BELOW}${lines.map(printable).join('\n')}`),
    closeScreen: () => device.out(LEAVE),
  };
}

/** A text of several lines. */
function printableText(text: string): string {
  return text
    .split(/([\n\t])/)
    .map((part, index) => (index % 2 === 0 ? printable(part) : part))
    .join('');
}

/**
 * The terminal of this process. A reader that closes the output early, like `head`, is no failure. An output that cannot be
 * written, for example on a full disk, makes the exit code 1.
 */
export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  const gone = new AbortController();
  const terminal = createTerminal({
    environment: env,
    gone: gone.signal,
    isInteractive: stdout.isTTY === true,
    isColoured: styleText('bold', ' ', { stream: stdout }) !== ' ',
    get columns() {
      return stdout.columns || 80;
    },
    get rows() {
      return stdout.rows || 24;
    },
    out: (text) => void stdout.write(text),
    error: (text) => void stderr.write(text),
  });
  stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    gone.abort();
    if (code !== 'EPIPE') {
      terminal.complain(`cannot write the output (${code})`);
      process.once('exit', () => {
        process.exitCode = 1;
      });
    }
  });
  stderr.on('error', () => undefined);
  return terminal;
}

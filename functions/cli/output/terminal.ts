import { styleText } from 'node:util';

export type Style = 'green' | 'yellow' | 'red' | 'bold' | 'dim';

/** Colours a text for a terminal, or returns it unchanged if colours are off. */
export type Paint = (style: Style, text: string) => string;

/** The environment and output of a command. */
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
  /** Writes text to the output, unchanged. */
  write(text: string): void;
  /** Writes lines to the output. */
  say(...lines: readonly string[]): void;
  /** Writes text to standard error, unchanged. */
  writeError(text: string): void;
  /** Writes lines to standard error, each with the name of the program. */
  complain(...lines: readonly string[]): void;
}

/**
 * The terminal of this process. A reader that closes the output early, like `head`, is no failure. An output that cannot be
 * written, for example on a full disk, makes the exit code 1.
 */
export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  const complain = (...lines: readonly string[]) =>
    void stderr.write(lines.map((line) => `pool-health: ${line}\n`).join(''));
  const gone = new AbortController();
  stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    gone.abort();
    if (code !== 'EPIPE') {
      complain(`cannot write the output (${code})`);
      process.once('exit', () => {
        process.exitCode = 1;
      });
    }
  });
  stderr.on('error', () => undefined);
  return {
    environment: env,
    gone: gone.signal,
    isInteractive: stdout.isTTY === true,
    get columns() {
      return stdout.columns || 80;
    },
    get rows() {
      return stdout.rows || 24;
    },
    paint: (style, text) => styleText(style, text, { stream: stdout }),
    write: (text) => void stdout.write(text),
    say: (...lines) => void stdout.write(lines.map((line) => `${line}\n`).join('')),
    writeError: (text) => void stderr.write(text),
    complain,
  };
}

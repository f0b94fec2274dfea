import { styleText } from 'node:util';

export type Style = 'green' | 'yellow' | 'red' | 'bold' | 'dim';

/** Dresses a text for a terminal; leaves it as it is where nobody wants colours. */
export type Paint = (style: Style, text: string) => string;

/** Where a command reads its surroundings and says its words. */
export interface Terminal {
  readonly environment: NodeJS.ProcessEnv;
  /** Whether a person looks at the output while it is written. */
  readonly isInteractive: boolean;
  /** Aborted once nobody reads the output any more, as after `head`. */
  readonly gone: AbortSignal;
  /** Characters in a line of the output. */
  readonly columns: number;
  /** Lines that are seen at once. */
  readonly rows: number;
  /** Colours where the output is a terminal; NO_COLOR and FORCE_COLOR decide over that. */
  readonly paint: Paint;
  /** Writes to the output as it is. */
  write(text: string): void;
  /** Writes lines to the output. */
  say(...lines: readonly string[]): void;
  /** Writes beside the output as it is. */
  writeError(text: string): void;
  /** Writes lines about the command itself, which are not its result. */
  complain(...lines: readonly string[]): void;
}

/**
 * The terminal of this process. Whoever reads the output may leave at any time, as `head` does: that is no failure. An output
 * that cannot be written, as on a full disk, is exit code 1 whatever was to be said.
 */
export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  const complain = (...lines: readonly string[]) =>
    void stderr.write(lines.map((line) => `pool-health: ${line}\n`).join(''));
  const gone = new AbortController();
  stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    gone.abort();
    if (code !== 'EPIPE') {
      complain(`the output cannot be written (${code})`);
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

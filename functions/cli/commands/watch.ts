import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from '../../time/moment.js';
import { Failure, UsageError } from '../errors.js';
import { type Display, LineDisplay, ScreenDisplay } from '../output/displays.js';
import type { Terminal } from '../output/terminal.js';
import { openSource } from '../sources/open-source.js';
import type { Source, SourceOptions } from '../sources/source.js';

export interface WatchOptions extends SourceOptions {
  /** Seconds, as the user wrote them. */
  readonly interval: string;
}

/**
 * `pool-health watch`: checks the pool until a signal arrives or the reader of the output is gone. On a terminal the screen
 * shows the newest check; otherwise each check is a line. Resolves to the exit code 0, healthy or not.
 *
 * @throws UsageError with every mistake at once
 */
export async function watch(options: WatchOptions, terminal: Terminal): Promise<number> {
  const everyMs = milliseconds(options.interval);
  const source = await openSource(options, terminal.environment);
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  // Ctrl-C may arrive more than once, from the terminal and from npm. The first is enough, since closing is bounded.
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) {
    process.on(signal, stop);
  }
  const signal = AbortSignal.any([stopping.signal, terminal.gone]);
  const display = terminal.isInteractive ? new ScreenDisplay(terminal, everyMs) : new LineDisplay(terminal);
  try {
    terminal.complain(...source.warnings.map((warning) => `warning: ${warning}`));
    display.open();
    await checkUntil(signal, source, everyMs, display);
  } finally {
    display.close();
    await source.close();
    for (const signal of signals) {
      process.off(signal, stop);
    }
  }
  return 0;
}

async function checkUntil(signal: AbortSignal, source: Source, everyMs: number, display: Display): Promise<void> {
  const stopped = new Promise<null>((resolve) => {
    signal.addEventListener('abort', () => resolve(null), { once: true });
  });
  while (!signal.aborted) {
    const next = monotonicMs() + everyMs;
    const check = source.check().catch((error: unknown) => {
      if (error instanceof Failure) {
        return error;
      }
      throw error;
    });
    // Does not wait for a running check: closing the source ends it.
    const result = await Promise.race([check, stopped]);
    if (result === null) {
      check.catch(() => undefined);
      return;
    }
    display.show(result);
    await pause(Math.max(0, next - monotonicMs()), undefined, { signal }).catch(() => undefined);
  }
}

function milliseconds(seconds: string): number {
  if (!/^[1-9]\d{0,3}$/.test(seconds)) {
    throw new UsageError('--interval must be a whole number of seconds from 1 to 9999');
  }
  return Number(seconds) * 1_000;
}

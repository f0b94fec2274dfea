import { emfLine } from '../core/emf.js';
import type { Gauges } from './gauges.js';

/** One datapoint a minute and instance, so that the sum over a minute is the sum over the instances. */
const INTERVAL_MS = 60_000;

/**
 * Writes the peaks of a pool as a line of the embedded metric format, once a minute. Its timer keeps no process alive; where
 * timers stand still between invocations, as in Lambda, `flush` does its work.
 */
export class Publisher {
  readonly #pool: string;
  readonly #gauges: Gauges;
  readonly #writeLine: (line: string) => void;
  readonly #timer: NodeJS.Timeout;
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(pool: string, gauges: Gauges, writeLine: (line: string) => void) {
    this.#pool = pool;
    this.#gauges = gauges;
    this.#writeLine = writeLine;
    this.#timer = setInterval(() => this.#publish(), INTERVAL_MS).unref();
  }

  /** Writes unless the last line is younger than a minute; the peaks then stay for the next one. */
  flush(): void {
    if (Date.now() - this.#lastAt >= INTERVAL_MS) {
      this.#timer.refresh();
      this.#publish();
    }
  }

  /** Writes what was not written yet, if there is any, and ends. */
  stop(): void {
    clearInterval(this.#timer);
    if (this.#gauges.hasPeaks) {
      this.#publish();
    }
  }

  #publish(): void {
    this.#lastAt = Date.now();
    const { open, busy, waiting } = this.#gauges.takePeaks();
    const values = { AppOpen: open, AppBusy: busy, AppWaiting: waiting };
    this.#writeLine(emfLine({ pool: this.#pool, timestamp: this.#lastAt, values }));
  }
}

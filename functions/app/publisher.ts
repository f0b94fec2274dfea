import { emfLine } from '../core/emf.js';
import { appDatapoints } from '../core/metrics.js';
import { ageMs, currentMoment, NEVER } from '../time/moment.js';
import type { Gauges } from './gauges.js';

/** One datapoint per minute and instance: the sum over a minute is then the sum over the instances. */
const INTERVAL_MS = 60_000;

/**
 * Writes the peaks of a pool as a line of the embedded metric format, once a minute. Its timer does not keep the process
 * running. In Lambda, where timers do not run between invocations, `flush` replaces it.
 */
export class Publisher {
  readonly #pool: string;
  readonly #namespace: string;
  readonly #gauges: Gauges;
  readonly #writeLine: (line: string) => void;
  readonly #timer: NodeJS.Timeout;
  #lastAt = NEVER;

  /** @param namespace of the metrics in CloudWatch */
  constructor(pool: string, namespace: string, gauges: Gauges, writeLine: (line: string) => void) {
    this.#pool = pool;
    this.#namespace = namespace;
    this.#gauges = gauges;
    this.#writeLine = writeLine;
    this.#timer = setInterval(() => this.#publish(), INTERVAL_MS).unref();
  }

  /** Writes a line unless the last one is younger than a minute. The peaks are then part of the next line. */
  flush(): void {
    if (ageMs(this.#lastAt) >= INTERVAL_MS) {
      this.#timer.refresh();
      this.#publish();
    }
  }

  /** Writes the remaining peaks, if any, and stops the timer. */
  stop(): void {
    clearInterval(this.#timer);
    if (this.#gauges.hasPeaks) {
      this.#publish();
    }
  }

  #publish(): void {
    this.#lastAt = currentMoment();
    const metrics = appDatapoints(this.#pool, this.#lastAt.wall, this.#gauges.takePeaks());
    this.#writeLine(emfLine(metrics, this.#namespace));
  }
}

import { reportLine } from '../../core/summary.js';
import { Failure } from '../errors.js';
import type { CheckResult } from '../sources/source.js';
import { screen } from './screen.js';
import type { Terminal } from './terminal.js';

/** Shows the result of each check. */
export interface Display {
  open(): void;
  show(result: CheckResult | Failure): void;
  close(): void;
}

/** Prints one line for each check, for pipes and files. */
export class LineDisplay implements Display {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  open(): void {}

  show(result: CheckResult | Failure): void {
    this.#terminal.say(toLine(result));
  }

  close(): void {}
}

/** Shows the newest check on the full screen. On close it restores the old screen and prints the last check as a line. */
export class ScreenDisplay implements Display {
  readonly #terminal: Terminal;
  readonly #footer: string;
  readonly #history: (number | null)[] = [];
  #last: string | null = null;

  constructor(terminal: Terminal, everyMs: number) {
    this.#terminal = terminal;
    this.#footer = `every ${everyMs / 1_000} s, Ctrl-C stops`;
  }

  open(): void {
    this.#terminal.openScreen();
  }

  show(result: CheckResult | Failure): void {
    const { columns, rows, paint } = this.#terminal;
    this.#history.push(result instanceof Failure ? null : result.report.utilization.percent);
    this.#last = toLine(result);
    const history = this.#history.slice(-columns);
    const lines =
      result instanceof Failure
        ? [this.#last, '', paint('dim', this.#footer)]
        : screen(result, { columns, history, footer: this.#footer }, paint);
    // An extra line would scroll the verdict away.
    this.#terminal.draw(...lines.slice(0, rows));
  }

  close(): void {
    this.#terminal.closeScreen();
    this.#terminal.say(...(this.#last === null ? [] : [this.#last]));
  }
}

/** If the API has several pools, the line begins with the name of the worst one. */
function toLine(result: CheckResult | Failure): string {
  if (result instanceof Failure) {
    return `${new Date().toTimeString().slice(0, 8)}  unknown    ${result.message}`;
  }
  const { report, problems } = result;
  const text = reportLine(report, problems);
  return report.pools ? `${report.pool}  ${text}` : text;
}

import { reportLine } from '../../core/report-line.js';
import { Failure } from '../errors.js';
import type { CheckResult } from '../sources/source.js';
import { screen } from './screen.js';
import type { Terminal } from './terminal.js';

/** Of the alternate screen, which leaves what was there before; and its cursor. */
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_BELOW = '\u001b[J';

/** Shows one check after the other. */
export interface Display {
  open(): void;
  show(result: CheckResult | Failure): void;
  close(): void;
}

/** A line for each check, for pipes and files. */
export class LineDisplay implements Display {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  open(): void {}

  show(result: CheckResult | Failure): void {
    this.#terminal.say(inOneLine(result));
  }

  close(): void {}
}

/** The newest check on the whole screen. What was there before comes back, with the last check as a line. */
export class ScreenDisplay implements Display {
  readonly #terminal: Terminal;
  readonly #footer: string;
  readonly #history: (number | null)[] = [];
  #last: string | null = null;

  constructor(terminal: Terminal, everyMs: number) {
    this.#terminal = terminal;
    this.#footer = `every ${everyMs / 1_000} s, Ctrl-C ends`;
  }

  open(): void {
    this.#terminal.write(ENTER);
  }

  show(result: CheckResult | Failure): void {
    const { columns, rows, paint } = this.#terminal;
    this.#history.push(result instanceof Failure ? null : result.report.utilization.percent);
    this.#last = inOneLine(result);
    const history = this.#history.slice(-columns);
    const lines =
      result instanceof Failure
        ? [this.#last, '', paint('dim', this.#footer)]
        : screen(result, { columns, history, footer: this.#footer }, paint);
    // A line too many would move the first, the verdict, out of sight. Cleared before, since a full line is cut by it after.
    this.#terminal.write(`${HOME}${CLEAR_BELOW}${lines.slice(0, rows).join('\n')}`);
  }

  close(): void {
    this.#terminal.write(LEAVE);
    this.#terminal.say(...(this.#last === null ? [] : [this.#last]));
  }
}

/** The worst pool's name stands in front where an API has several. */
function inOneLine(result: CheckResult | Failure): string {
  if (result instanceof Failure) {
    return `${new Date().toTimeString().slice(0, 8)}  unknown    ${result.message}`;
  }
  const { report, problems } = result;
  const text = reportLine(report, problems);
  return report.pools ? `${report.pool}  ${text}` : text;
}

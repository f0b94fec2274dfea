import type { Table } from './table.js';

/** One part of `npm run bench`. */
export interface Part {
  /** By which it can be run alone. */
  readonly name: string;
  readonly what: string;
  /** @param isQuick fewer and smaller cases, for a look: all parts together take about a minute */
  measure(isQuick: boolean): Promise<readonly Table[]>;
}

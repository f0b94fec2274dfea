/** Where half of the values lie below, and between which eight of ten lie. */
export interface Spread {
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN;
  return { median: at(0.5), p10: at(0.1), p90: at(0.9) };
}

export function medianOf(values: readonly number[]): number {
  return spreadOf(values).median;
}

/**
 * Times each of several things so many times, taking turns, and each round in another order, so that what disturbs the
 * machine disturbs all of them.
 *
 * @returns milliseconds
 */
export async function race<Name extends string>(
  rounds: number,
  runners: Readonly<Record<Name, () => Promise<unknown>>>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(runners) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = 0; round < rounds; round += 1) {
    for (const name of inTurn(names, round)) {
      const startedAt = performance.now();
      await runners[name]();
      times[name].push(performance.now() - startedAt);
    }
  }
  return times;
}

/** The order of a round: each begins with another. */
export function inTurn<T>(all: readonly T[], round: number): readonly T[] {
  const first = round % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}

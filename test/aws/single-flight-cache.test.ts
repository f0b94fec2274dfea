import { beforeEach, describe, expect, test } from 'vitest';
import { SingleFlightCache, type SingleFlightCacheOptions } from '../../functions/aws/single-flight-cache.js';
import { momentAt } from '../support/clock.js';

/** A source whose reads the test settles one by one. */
class Source {
  readonly #reads: PromiseWithResolvers<string>[] = [];

  readonly read = (): Promise<string> => {
    const settling = withResolvers<string>();
    this.#reads.push(settling);
    return settling.promise;
  };

  /** Number of reads that were started. */
  get count(): number {
    return this.#reads.length;
  }

  succeed(value: string): void {
    this.#reads.at(-1)?.resolve(value);
  }

  fail(message: string): void {
    this.#reads.at(-1)?.reject(new Error(message));
  }
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** `Promise.withResolvers`, which Node 20 does not have. */
function withResolvers<T>(): PromiseWithResolvers<T> {
  let settle: Omit<PromiseWithResolvers<T>, 'promise'> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...(settle as Omit<PromiseWithResolvers<T>, 'promise'>) };
}

const KEY = 'key';

let time: number;
let source: Source;

beforeEach(() => {
  time = 1_000_000;
  source = new Source();
});

function cacheWith(options: SingleFlightCacheOptions = {}): SingleFlightCache<string> {
  return new SingleFlightCache({ now: () => momentAt(time), ...options });
}

async function readValue(cache: SingleFlightCache<string>, value: string): Promise<void> {
  const reading = cache.get(KEY, source.read);
  source.succeed(value);
  expect(await reading).toBe(value);
}

async function readError(cache: SingleFlightCache<string>, message: string): Promise<void> {
  const reading = cache.get(KEY, source.read);
  source.fail(message);
  await expect(reading).rejects.toThrow(message);
}

describe('single flight', () => {
  test('callers of a key share the read that is under way, however old it is', async () => {
    const cache = cacheWith({ maxAgeMs: 1_000 });
    const first = cache.get(KEY, source.read);
    time += 60_000;
    const second = cache.get(KEY, source.read);
    const third = cache.get(KEY, source.read, 0);
    source.succeed('value');
    expect(await Promise.all([first, second, third])).toEqual(['value', 'value', 'value']);
    expect(source.count).toBe(1);
  });

  test('callers that share a read share its failure', async () => {
    const cache = cacheWith();
    const both = Promise.allSettled([cache.get(KEY, source.read), cache.get(KEY, source.read)]);
    source.fail('down');
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(source.count).toBe(1);
  });

  test('each key is read apart from the others', async () => {
    const cache = cacheWith();
    const reads = ['a', 'b'].map((key) => cache.get(key, async () => `value of ${key}`));
    expect(await Promise.all(reads)).toEqual(['value of a', 'value of b']);
  });
});

describe('age', () => {
  test('a value is cached until it is maxAgeMs old', async () => {
    const cache = cacheWith({ maxAgeMs: 1_000 });
    await readValue(cache, 'old');
    time += 999;
    expect(await cache.get(KEY, source.read)).toBe('old');
    time += 1;
    await readValue(cache, 'new');
    expect(source.count).toBe(2);
  });

  test('the age of a value counts from the start of its read', async () => {
    const cache = cacheWith({ maxAgeMs: 1_000 });
    const reading = cache.get(KEY, source.read);
    time += 600;
    source.succeed('old');
    await reading;
    time += 400;
    await readValue(cache, 'new');
    expect(source.count).toBe(2);
  });

  test('without maxAgeMs a value never expires', async () => {
    const cache = cacheWith();
    await readValue(cache, 'value');
    time += 365 * 24 * 60 * 60_000;
    expect(await cache.get(KEY, source.read)).toBe('value');
    expect(source.count).toBe(1);
  });

  test('a caller can accept a younger or an older value than other callers', async () => {
    const cache = cacheWith({ maxAgeMs: 1_000 });
    await readValue(cache, 'old');
    time += 1_000;
    expect(await cache.get(KEY, source.read, 1_001)).toBe('old');
    const reading = cache.get(KEY, source.read, 1_000);
    source.succeed('new');
    expect(await reading).toBe('new');
  });

  test('a younger value that hangs or cannot be read takes nothing from callers that accept the one before', async () => {
    const cache = cacheWith({ maxAgeMs: 1_000, retryDelayMs: 5_000 });
    await readValue(cache, 'old');
    const reading = cache.get(KEY, source.read, 0);
    expect(await cache.get(KEY, source.read)).toBe('old');
    source.fail('down');
    await expect(reading).rejects.toThrow('down');
    time += 999;
    expect(await cache.get(KEY, source.read)).toBe('old');
    await expect(cache.get(KEY, source.read, 0)).rejects.toThrow('down');
    time += 1;
    await expect(cache.get(KEY, source.read)).rejects.toThrow('down');
    expect(source.count).toBe(2);
  });

  test('a caller that accepts an age of 0 always reads', async () => {
    const cache = cacheWith();
    await readValue(cache, 'old');
    const reading = cache.get(KEY, source.read, 0);
    source.succeed('new');
    expect(await reading).toBe('new');
  });
});

describe('failure', () => {
  test('without retryDelayMs a failure is not cached', async () => {
    const cache = cacheWith();
    await readError(cache, 'down');
    await readValue(cache, 'value');
    expect(source.count).toBe(2);
  });

  test('with retryDelayMs a failure is cached until the delay is over, counted from the failure', async () => {
    const cache = cacheWith({ maxAgeMs: 1_000, retryDelayMs: 500 });
    const reading = cache.get(KEY, source.read);
    time += 300;
    source.fail('down');
    await expect(reading).rejects.toThrow('down');
    time += 499;
    await expect(cache.get(KEY, source.read, 0)).rejects.toThrow('down');
    expect(source.count).toBe(1);
    time += 1;
    await readValue(cache, 'value');
  });

  test('without keepLastGood a failed read fails, although there was a value', async () => {
    const cache = cacheWith({ maxAgeMs: 1_000, retryDelayMs: 500 });
    await readValue(cache, 'old');
    time += 1_000;
    await readError(cache, 'down');
    await expect(cache.get(KEY, source.read)).rejects.toThrow('down');
    expect(source.count).toBe(2);
  });

  test('with keepLastGood a failed read returns the last good value, and is retried after the delay', async () => {
    const cache = cacheWith({ maxAgeMs: 1_000, retryDelayMs: 500, keepLastGood: true });
    await readValue(cache, 'good');
    for (const count of [2, 3]) {
      time += 1_000;
      const reading = cache.get(KEY, source.read);
      source.fail('down');
      expect(await reading).toBe('good');
      time += 499;
      expect(await cache.get(KEY, source.read)).toBe('good');
      expect(source.count).toBe(count);
    }
    time += 1;
    await readValue(cache, 'better');
  });

  test('with keepLastGood a key that was never read fails', async () => {
    await readError(cacheWith({ keepLastGood: true }), 'down');
  });
});

describe('invalidate', () => {
  test('the value of an invalidated key is read again', async () => {
    const cache = cacheWith();
    await readValue(cache, 'old');
    cache.invalidate(KEY);
    await readValue(cache, 'new');
    expect(source.count).toBe(2);
  });

  test('an invalidated key has no last good value, and its failure is not cached', async () => {
    const cache = cacheWith({ retryDelayMs: 500, keepLastGood: true });
    await readValue(cache, 'old');
    cache.invalidate(KEY);
    await readError(cache, 'down');
    cache.invalidate(KEY);
    await readValue(cache, 'new');
  });

  test('other keys keep their values', async () => {
    const cache = cacheWith();
    await readValue(cache, 'value');
    cache.invalidate('other');
    expect(await cache.get(KEY, source.read)).toBe('value');
  });

  test('a read that is under way goes on, and its value is cached', async () => {
    const cache = cacheWith();
    const reading = cache.get(KEY, source.read);
    cache.invalidate(KEY);
    source.succeed('value');
    expect(await reading).toBe('value');
    expect(await cache.get(KEY, source.read)).toBe('value');
    expect(source.count).toBe(1);
  });
});

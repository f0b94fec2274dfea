import dns, { type LookupAddress, type LookupOptions } from 'node:dns';
import { vi } from 'vitest';

type Answer = readonly string[] | 'no answer';
type Callback = (error: NodeJS.ErrnoException | null, address?: string | LookupAddress[], family?: number) => void;

/** Host names of the tests: each with its addresses, or without any answer. */
export class Names {
  readonly #answers = new Map<string, Answer>();

  /** Replaces the system's resolver at the function that Node calls; no test may change the system's. */
  install(): void {
    const original = dns.lookup;
    vi.spyOn(dns, 'lookup').mockImplementation(((name: string, options: LookupOptions, callback: Callback) => {
      if (!name.endsWith('.test.invalid') && !this.#answers.has(name)) {
        original(name, options, callback as never);
        return;
      }
      const answer = this.#answers.get(name);
      if (answer !== 'no answer') {
        setImmediate(() => tell(name, answer ?? [], options, callback));
      }
    }) as typeof dns.lookup);
  }

  set(name: string, answer: Answer): void {
    this.#answers.set(name, answer);
  }
}

function tell(name: string, addresses: readonly string[], { all }: LookupOptions, callback: Callback): void {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const [first] = found;
  if (!first) {
    const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), {
      code: 'ENOTFOUND',
      syscall: 'getaddrinfo',
    });
    callback(error);
  } else if (all) {
    callback(null, found);
  } else {
    callback(null, first.address, first.family);
  }
}

import { vi } from 'vitest';

const now = Date.now.bind(Date);
let ahead = 0;

/** Goes on as it is and can be put forward, so that a minute between two checks need not be waited for. */
export const clock = {
  install(): void {
    ahead = 0;
    vi.spyOn(Date, 'now').mockImplementation(() => now() + ahead);
  },
  skip(ms: number): void {
    ahead += ms;
  },
};

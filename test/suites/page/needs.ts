import { chromiumPath } from './browser.js';

/** Ends the run with one message, rather than every test with the same one, where there is no Chromium. */
export function setup(): void {
  try {
    chromiumPath();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exit(1);
  }
}

import { execFileSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';

/**
 * The Chromium of this machine, as Debian and others package it.
 *
 * @throws Error of one line that says what to do
 */
export function chromiumPath(): string {
  try {
    return execFileSync('sh', ['-c', 'command -v chromium || command -v chromium-browser'], {
      encoding: 'utf8',
    }).trim();
  } catch {
    throw new Error(
      'The page is tested in a real browser: install Chromium (Debian, Ubuntu: apt-get install chromium).',
    );
  }
}

/** A browser without a window. Root may not use its sandbox, and a container's /dev/shm is small. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath(),
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--force-color-profile=srgb'],
  });
}

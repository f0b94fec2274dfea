import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { ROOT } from '../../tools/root.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The file that `npm pack` made. */
    tarball: string;
  }
}

/** Packs once, before all tests. */
export function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'pool-health-tarball-'));
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: ROOT, stdio: 'ignore' });
  const [name = ''] = readdirSync(folder);
  project.provide('tarball', join(folder, name));
  return () => rmSync(folder, { recursive: true });
}

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildOptions } from 'esbuild';
import { makeDist } from '../../infra/build/build.js';
import type { Handler } from '../../infra/build/entry-points.js';
import { bundle } from '../../infra/build/esbuild.js';
import { bundleFolder } from '../../infra/package-root.js';
import { ROOT } from '../tools/root.js';

let folder: string | undefined;

/** Where a benchmark keeps temporary files: removed however this process ends. */
export function workFolder(): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'pool-health-bench-'));
    process.on('exit', () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  return folder;
}

/** The folder of a handler as it is deployed: alone, as in Lambda, with nothing of the project near. */
export async function deployedBundle(handler: Handler): Promise<string> {
  await makeDist();
  return bundleFrom(bundleFolder(handler), handler);
}

/** The folder with a bundle of something else than a handler. */
export async function bundleOf(name: string, options: BuildOptions): Promise<string> {
  const outdir = join('.cache', 'bench', name);
  await bundle({ ...options, outdir });
  return bundleFrom(join(ROOT, outdir), name);
}

/** A copy of a folder that holds a bundle, with nothing of any project near. */
export function bundleFrom(folder: string, name: string): string {
  const copy = join(workFolder(), name);
  cpSync(folder, copy, { recursive: true });
  return copy;
}

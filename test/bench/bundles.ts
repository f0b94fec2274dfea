import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Temporary files of a measurement: removed however this process ends. */
export function workFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pool-health-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Bundles a file as a function is bundled that is deployed. */
export async function bundle(entry: string, outfile: string): Promise<string> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minify: true,
    mainFields: ['module', 'main'],
    external: ['pg-native'],
    logLevel: 'error',
  });
  return outfile;
}

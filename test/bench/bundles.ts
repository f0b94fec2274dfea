import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDist } from '../../infra/build.js';
import { bundleFolder, type Handler } from '../../infra/handlers.js';

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
  const copy = join(workFolder(), handler);
  cpSync(bundleFolder(handler), copy, { recursive: true });
  return copy;
}

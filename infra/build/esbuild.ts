import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { PACKAGE_ROOT } from '../entry-points.js';

const SHEBANG = Buffer.from('#!');

/**
 * Builds, and writes what has changed. The same source gives the same bytes wherever it lies, so that what was not changed
 * is not deployed again. Says nothing unless it fails.
 */
export async function bundle(options: BuildOptions): Promise<Metafile> {
  const { outputFiles, metafile } = await build({
    ...options,
    absWorkingDir: PACKAGE_ROOT,
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
  for (const { path, contents } of outputFiles) {
    writeIfChanged(path, contents);
  }
  if (options.outdir !== undefined) {
    removeOthers(join(PACKAGE_ROOT, options.outdir), new Set(outputFiles.map(({ path }) => path)));
  }
  return metafile;
}

/** What an earlier build left in a folder would be deployed with it. */
function removeOthers(folder: string, made: ReadonlySet<string>): void {
  for (const path of readdirSync(folder).map((name) => join(folder, name))) {
    if (!made.has(path)) {
      rmSync(path, { recursive: true });
    }
  }
}

/** In one step, since others may read the file at this moment. What begins with `#!` becomes a program. */
export function writeIfChanged(path: string, contents: Uint8Array | string): void {
  const bytes = Buffer.from(contents);
  if (!readIfThere(path)?.equals(bytes)) {
    mkdirSync(dirname(path), { recursive: true });
    const temporary = join(PACKAGE_ROOT, 'dist', `.${process.pid}.${basename(path)}`);
    mkdirSync(dirname(temporary), { recursive: true });
    writeFileSync(temporary, bytes, { mode: bytes.subarray(0, 2).equals(SHEBANG) ? 0o755 : 0o644 });
    renameSync(temporary, path);
  }
}

function readIfThere(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}

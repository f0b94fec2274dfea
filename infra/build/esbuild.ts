import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { PACKAGE_ROOT } from '../package-root.js';

const SHEBANG = Buffer.from('#!');

/**
 * Builds a bundle and writes the files that changed. The same source gives the same bytes in every folder, so that
 * unchanged functions are not deployed again. Prints nothing unless it fails.
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

/** Removes files of earlier builds: the CDK deploys everything in the folder. */
function removeOthers(folder: string, made: ReadonlySet<string>): void {
  for (const path of readdirSync(folder).map((name) => join(folder, name))) {
    if (!made.has(path)) {
      rmSync(path, { recursive: true });
    }
  }
}

/** Replaces a file atomically, because another process may read it. Files that begin with `#!` become executable. */
export function writeIfChanged(path: string, contents: Uint8Array | string): void {
  const bytes = Buffer.from(contents);
  if (!readIfExists(path)?.equals(bytes)) {
    mkdirSync(dirname(path), { recursive: true });
    const temporary = join(PACKAGE_ROOT, 'dist', `.${process.pid}.${basename(path)}`);
    mkdirSync(dirname(temporary), { recursive: true });
    writeFileSync(temporary, bytes, { mode: bytes.subarray(0, 2).equals(SHEBANG) ? 0o755 : 0o644 });
    renameSync(temporary, path);
  }
}

function readIfExists(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}

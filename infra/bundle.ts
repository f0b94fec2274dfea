import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { HANDLERS, type Handler, PACKAGE_ROOT } from './handlers.js';

/** How a handler becomes one file: everything in it, the AWS SDK too, so that what was tested is what runs. */
export function handlerOptions(handler: Handler) {
  return {
    entryPoints: [`functions/${handler}.ts`],
    outfile: `dist/functions/${handler}/index.js`,
    bundle: true,
    platform: 'node',
    // The oldest Node that this project runs on, since the tests run the bundles too.
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
    minify: true,
    // The optional native client of pg, required only by who asks for it.
    external: ['pg-native'],
  } satisfies BuildOptions;
}

/** Makes `dist/functions/`, and says nothing unless it fails: the CDK runs it in front of a template on standard output. */
export async function bundleHandlers(): Promise<void> {
  await Promise.all(HANDLERS.map((handler) => bundle(handlerOptions(handler))));
}

/**
 * Builds and writes what has changed. The same source gives the same bytes wherever it lies, so that what was not changed
 * is not deployed again.
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
  return metafile;
}

/** In one step, since others may read the file at this moment. */
function writeIfChanged(path: string, contents: Uint8Array): void {
  if (!readIfThere(path)?.equals(contents)) {
    mkdirSync(dirname(path), { recursive: true });
    const temporary = `${path}.${process.pid}`;
    writeFileSync(temporary, contents);
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

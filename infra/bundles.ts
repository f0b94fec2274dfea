import type { BuildOptions } from 'esbuild';
import manifest from '../package.json' with { type: 'json' };
import { HANDLERS, type Handler } from './handlers.js';

/** What `dist/` holds beside the types: each a file that is made of all that it needs. */

const COMMON = {
  bundle: true,
  platform: 'node',
  // The oldest Node that this project runs on.
  target: 'node20',
  mainFields: ['module', 'main'],
} satisfies BuildOptions;

/** The optional native client of pg, required only by who asks for it. */
const NEVER = 'pg-native';

/** A deployed handler: the AWS SDK is in it too, so that what was tested is what runs. */
export function handlerBundle(handler: Handler) {
  return {
    ...COMMON,
    entryPoints: [`functions/${handler}.ts`],
    outfile: `dist/functions/${handler}/index.js`,
    format: 'cjs',
    minify: true,
    external: [NEVER],
  } satisfies BuildOptions;
}

/**
 * What others import. Its dependencies stay outside, to be the copies that the user has. CommonJS, which `import` and
 * `require` take alike, and so does Jest, in which CDK apps and many servers are tested.
 */
function library(entry: string, outfile: string): BuildOptions {
  return {
    ...COMMON,
    entryPoints: [entry],
    outfile,
    format: 'cjs',
    external: [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)],
    // Jest takes no `import()`.
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'FILE_URL' },
    banner: { js: "const FILE_URL = require('node:url').pathToFileURL(__filename).href;" },
  };
}

/** The command. An ES module, since it awaits its end; what of it is CommonJS asks for `require`. */
const COMMAND: BuildOptions = {
  ...COMMON,
  entryPoints: ['functions/cli/main.ts'],
  outfile: 'dist/cli.mjs',
  format: 'esm',
  minify: true,
  external: [NEVER],
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
};

export const BUNDLES: readonly BuildOptions[] = [
  ...HANDLERS.map(handlerBundle),
  library('infra/index.ts', 'dist/index.js'),
  library('functions/app/index.ts', 'dist/app.js'),
  COMMAND,
];

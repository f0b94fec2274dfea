import { basename, join } from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';
import manifest from '../../package.json' with { type: 'json' };
import { PACKAGE_ROOT } from '../package-root.js';
import {
  APP_ENTRY_POINT,
  CLI_ENTRY_POINT,
  CONSTRUCT_ENTRY_POINT,
  HANDLER_ENTRY_POINTS,
  HANDLERS,
  type Handler,
  LAMBDA_CREDENTIALS,
  LAZY_ENTRY_POINTS,
} from './entry-points.js';

/** The bundles in `dist/`: each is one file that contains everything it needs. */

const COMMON = {
  bundle: true,
  platform: 'node',
  // The oldest Node that this project runs on.
  target: 'node20',
  mainFields: ['module', 'main'],
} satisfies BuildOptions;

/** The optional native client of pg, which nothing here loads. */
const PG_NATIVE = 'pg-native';

/**
 * Leaves modules that few deployments need out of `index.js`. Each becomes a file of its own, so that cold starts do not
 * read it (`npm run bench -- cold-start`).
 */
const LAZY_MODULES: Plugin = {
  name: 'lazy-modules',
  setup({ onResolve }) {
    onResolve({ filter: new RegExp(`/(${Object.keys(LAZY_ENTRY_POINTS).join('|')})\\.js$`) }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path: `./${basename(path)}`, external: true } : null,
    );
  },
};

/** Lambda has the credentials in its environment, so the SDK's search through a dozen sources is not bundled. */
const CREDENTIALS_OF_LAMBDA: Plugin = {
  name: 'credentials-of-lambda',
  setup({ onResolve }) {
    onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, ({ importer }) =>
      importer === join(PACKAGE_ROOT, LAZY_ENTRY_POINTS['credential-chain'])
        ? null
        : { path: join(PACKAGE_ROOT, LAMBDA_CREDENTIALS) },
    );
  },
};

/** The page reads metrics only: it needs no RDS client and no database certificates. */
const LAZY_ENTRY_POINTS_OF_PAGE = { 'credential-chain': LAZY_ENTRY_POINTS['credential-chain'] };

/** The bundle of a deployed handler. It contains the AWS SDK, so that the tested version is the version that runs. */
export function handlerBundle(handler: Handler) {
  const lazy = handler === 'page' ? LAZY_ENTRY_POINTS_OF_PAGE : LAZY_ENTRY_POINTS;
  return {
    ...COMMON,
    entryPoints: { index: HANDLER_ENTRY_POINTS[handler], ...lazy },
    outdir: `dist/functions/${handler}`,
    format: 'cjs',
    // Compiles `import()` to `require`: the first `import()` of a process takes as long as loading an AWS client.
    supported: { 'dynamic-import': false },
    minify: true,
    external: [PG_NATIVE],
    plugins: [LAZY_MODULES, CREDENTIALS_OF_LAMBDA],
  } satisfies BuildOptions;
}

/**
 * What users import. Dependencies stay external, so that the user has one copy of each. CommonJS works with `import`,
 * with `require`, and in Jest, which many CDK apps and servers are tested with.
 */
const LIBRARY = {
  ...COMMON,
  format: 'cjs',
  external: [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)],
  // Jest does not support `import()`.
  supported: { 'dynamic-import': false },
} satisfies BuildOptions;

const APP: BuildOptions = { ...LIBRARY, entryPoints: [APP_ENTRY_POINT], outfile: 'dist/app.js' };

const CONSTRUCT: BuildOptions = {
  ...LIBRARY,
  entryPoints: [CONSTRUCT_ENTRY_POINT],
  outfile: 'dist/index.js',
  // `package-root.ts` finds the bundles of the functions relative to this file.
  define: { 'import.meta.url': 'FILE_URL' },
  banner: { js: "const FILE_URL = require('node:url').pathToFileURL(__filename).href;" },
};

/** The command. An ES module, because it uses top-level `await`; its CommonJS dependencies need `require`. */
const COMMAND: BuildOptions = {
  ...COMMON,
  entryPoints: [CLI_ENTRY_POINT],
  outfile: 'dist/cli.mjs',
  format: 'esm',
  minify: true,
  external: [PG_NATIVE],
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
};

export const BUNDLES: readonly BuildOptions[] = [...HANDLERS.map(handlerBundle), CONSTRUCT, APP, COMMAND];

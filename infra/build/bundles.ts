import { basename, join } from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';
import manifest from '../../package.json' with { type: 'json' };
import { HANDLERS, type Handler, PACKAGE_ROOT } from '../entry-points.js';

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

/**
 * What only some handlers need, and those only in some deployments. Each is a file of its own beside `index.js`, loaded when
 * its `import()` is reached: otherwise every cold start would read through it (`npm run bench -- cold-start`).
 */
const LATER = {
  rds: 'functions/aws/clients/rds.ts',
  'rds-certificates': 'functions/connection/rds-certificates.ts',
  'credential-chain': 'functions/aws/credential-chain.ts',
};

const LOADED_LATER: Plugin = {
  name: 'loaded-later',
  setup({ onResolve }) {
    onResolve({ filter: new RegExp(`/(${Object.keys(LATER).join('|')})\\.js$`) }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path: `./${basename(path)}`, external: true } : null,
    );
  },
};

/** In Lambda the credentials are in the environment, which need not be told from a dozen other sources first. */
const CREDENTIALS_OF_LAMBDA: Plugin = {
  name: 'credentials-of-lambda',
  setup({ onResolve }) {
    onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, ({ importer }) =>
      importer === join(PACKAGE_ROOT, LATER['credential-chain'])
        ? null
        : { path: join(PACKAGE_ROOT, 'functions', 'aws', 'lambda-credentials.ts') },
    );
  },
};

/** The page only reads metrics. */
const LATER_OF_PAGE = { 'credential-chain': LATER['credential-chain'] };

/** A deployed handler: the AWS SDK is in it too, so that what was tested is what runs. */
export function handlerBundle(handler: Handler) {
  return {
    ...COMMON,
    entryPoints: { index: `functions/handlers/${handler}.ts`, ...(handler === 'page' ? LATER_OF_PAGE : LATER) },
    outdir: `dist/functions/${handler}`,
    format: 'cjs',
    // `require` in its place: the first `import()` of a process costs as much as a client of AWS.
    supported: { 'dynamic-import': false },
    minify: true,
    external: [NEVER],
    plugins: [LOADED_LATER, CREDENTIALS_OF_LAMBDA],
  } satisfies BuildOptions;
}

/**
 * What others import. Its dependencies stay outside, to be the copies that the user has. CommonJS, which `import` and
 * `require` take alike, and so does Jest, in which CDK apps and many servers are tested.
 */
const LIBRARY = {
  ...COMMON,
  format: 'cjs',
  external: [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)],
  // Jest takes no `import()`.
  supported: { 'dynamic-import': false },
} satisfies BuildOptions;

const APP: BuildOptions = { ...LIBRARY, entryPoints: ['functions/app/index.ts'], outfile: 'dist/app.js' };

const CONSTRUCT: BuildOptions = {
  ...LIBRARY,
  entryPoints: ['infra/index.ts'],
  outfile: 'dist/index.js',
  // It looks for the bundles of the functions beside itself.
  define: { 'import.meta.url': 'FILE_URL' },
  banner: { js: "const FILE_URL = require('node:url').pathToFileURL(__filename).href;" },
};

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

export const BUNDLES: readonly BuildOptions[] = [...HANDLERS.map(handlerBundle), CONSTRUCT, APP, COMMAND];

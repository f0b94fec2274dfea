import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PACKAGE_ROOT } from '../package-root.js';
import { BUNDLES } from './bundles.js';
import { bundle, writeIfChanged } from './esbuild.js';
import { PAGE_MODULE, pageModule } from './page.js';
import { noticesOf } from './third-party-licenses.js';

/**
 * `npm run build`: makes `dist/`. Prints nothing unless it fails: the CDK runs it (`cdk.json`) before a command whose
 * standard output is a template.
 */
export async function makeDist(): Promise<void> {
  // First, because the bundle of the page's handler contains it.
  const page = await pageModule();
  writeIfChanged(PAGE_MODULE, page.source);
  // The code in `dist/` is CommonJS, types included, unlike the source.
  writeIfChanged(join(PACKAGE_ROOT, 'dist', 'package.json'), '{ "type": "commonjs" }\n');
  const metafiles = await Promise.all(BUNDLES.map(bundle));
  writeIfChanged(join(PACKAGE_ROOT, 'dist', 'THIRD-PARTY-NOTICES.txt'), noticesOf([...metafiles, ...page.metafiles]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await makeDist();
}

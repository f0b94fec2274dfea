import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PACKAGE_ROOT } from '../entry-points.js';
import { BUNDLES } from './bundles.js';
import { bundle, writeIfChanged } from './esbuild.js';
import { PAGE_MODULE, pageModule } from './page.js';
import { noticesOf } from './third-party-licenses.js';

/**
 * `npm run build`: makes `dist/`. Says nothing unless it fails, since the CDK runs it (`cdk.json`) in front of a template on
 * standard output.
 */
export async function makeDist(): Promise<void> {
  // First, since its handler's bundle holds it.
  const page = await pageModule();
  writeIfChanged(PAGE_MODULE, page.source);
  // What is in there is CommonJS, types included, unlike the source.
  writeIfChanged(join(PACKAGE_ROOT, 'dist', 'package.json'), '{ "type": "commonjs" }\n');
  const metafiles = await Promise.all(BUNDLES.map(bundle));
  writeIfChanged(join(PACKAGE_ROOT, 'dist', 'THIRD-PARTY-NOTICES.txt'), noticesOf([...metafiles, ...page.metafiles]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await makeDist();
}

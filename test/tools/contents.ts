import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { handlerBundle } from '../../infra/build/bundles.js';
import { HANDLERS } from '../../infra/build/entry-points.js';
import { bundle } from '../../infra/build/esbuild.js';
import { PACKAGE_ROOT } from '../../infra/package-root.js';

interface Content {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly handlers: readonly string[];
}

/** `docs/internals/bundles.md`: what of others is deployed, which is what an advisory can be about. */
export async function bundlesDocument(): Promise<string> {
  const contents = await contentsOfAll();
  const licenses = [...new Set(contents.map(({ license }) => license))].sort();
  const rows = contents.map(
    ({ name, version, license, handlers }) => `| \`${name}\` | ${version} | ${license} | ${handlers.join(', ')} |`,
  );
  return `# What is deployed

Written by \`npm run docs\` from what the bundler put into each function; a test fails when it changes. A function holds nothing
else: no \`node_modules\`, no layer. Look here when an advisory names a package. Licences: ${licenses.join(', ')}.

| package | version | licence | in |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

async function contentsOfAll(): Promise<Content[]> {
  const found = new Map<string, Omit<Content, 'handlers'> & { handlers: string[] }>();
  for (const handler of HANDLERS) {
    const { outputs } = await bundle(handlerBundle(handler));
    const inputs = Object.values(outputs).flatMap((output) =>
      Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
    );
    for (const folder of new Set(inputs.flatMap(folderOf))) {
      const known = found.get(folder) ?? { ...manifestOf(folder), handlers: [] };
      known.handlers.push(handler);
      found.set(folder, known);
    }
  }
  return [...found.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** The folder of the package that a file belongs to; none for our own. */
function folderOf(path: string): string[] {
  const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? [];
  return folder === undefined ? [] : [folder];
}

function manifestOf(folder: string): Omit<Content, 'handlers'> {
  const { name, version, license } = JSON.parse(readFileSync(join(PACKAGE_ROOT, folder, 'package.json'), 'utf8'));
  if (typeof license !== 'string') {
    throw new Error(`${folder} does not say its licence`);
  }
  return { name, version, license };
}

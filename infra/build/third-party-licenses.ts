import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { PACKAGE_ROOT } from '../package-root.js';

/** The licences of all packages whose code is in the bundles, as these licences require. Equal texts are listed once. */
export function noticesOf(metafiles: readonly Metafile[]): string {
  const files = metafiles.flatMap(({ inputs }) => Object.keys(inputs));
  const folders = new Set(files.flatMap((file) => /.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []));
  const packagesOf = new Map<string, string[]>();
  for (const folder of [...folders].sort()) {
    const { name, version, license } = JSON.parse(readFileSync(join(PACKAGE_ROOT, folder, 'package.json'), 'utf8'));
    const text = licenceTexts(folder);
    packagesOf.set(text, [...(packagesOf.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  const parts = [...packagesOf].map(([text, packages]) => `${packages.join('\n')}\n\n${text}`);
  return ['Code of these packages is part of the files here.', ...parts].join(`\n${'-'.repeat(80)}\n`);
}

function licenceTexts(folder: string): string {
  const names = readdirSync(join(PACKAGE_ROOT, folder)).filter((name) => /^(licen[cs]e|notice)/i.test(name));
  return names.map((name) => readFileSync(join(PACKAGE_ROOT, folder, name), 'utf8')).join('\n');
}

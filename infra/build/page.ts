import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { PACKAGE_ROOT } from '../package-root.js';

const FOLDER = join(PACKAGE_ROOT, 'functions', 'page');

/** The generated module that the page's handler imports. */
export const PAGE_MODULE = join(FOLDER, 'generated', 'page.ts');

/**
 * The source of that module: one HTML file with its style and script inlined, and the content security policy that allows
 * them. The metafiles list what the page was made of.
 */
export async function pageModule(): Promise<{ readonly source: string; readonly metafiles: readonly Metafile[] }> {
  const [style, script] = await Promise.all([bundled('page.css'), bundled('client/main.ts')]);
  const html = readFileSync(join(FOLDER, 'page.html'), 'utf8')
    .replace(/\n\s*/g, '\n')
    .replace('/* style */', () => style.text)
    .replace('/* script */', () => script.text);
  const source = [
    '/** Made by infra/build/page.ts. */',
    `export const CONTENT_SECURITY_POLICY = ${JSON.stringify(policy(style.text, script.text))};`,
    `export const HTML = ${JSON.stringify(html)};`,
    '',
  ].join('\n');
  return { source, metafiles: [style.metafile, script.metafile] };
}

async function bundled(entry: string): Promise<{ readonly text: string; readonly metafile: Metafile }> {
  const { outputFiles, metafile } = await build({
    entryPoints: [`functions/page/${entry}`],
    absWorkingDir: PACKAGE_ROOT,
    outdir: 'dist',
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: ['chrome116', 'firefox124', 'safari17.4'],
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  return { text: outputFiles.map(({ text }) => text.trim()).join(''), metafile };
}

/** Allows this style and this script by their hashes, requests to the page's own origin, and nothing else. */
function policy(style: string, script: string): string {
  const sha256 = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return [
    "default-src 'none'",
    `script-src ${sha256(script)}`,
    `style-src ${sha256(style)}`,
    "connect-src 'self'",
    // The icon: without it browsers request /favicon.ico.
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

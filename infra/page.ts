import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { PACKAGE_ROOT } from './handlers.js';

const FOLDER = join(PACKAGE_ROOT, 'functions', 'page');

/** Where the page goes: a module that its handler imports. */
export const PAGE_MODULE = join(FOLDER, 'generated', 'page.ts');

/** The page as the source of that module: one HTML file with its style and script in it, and the policy that allows it. */
export async function pageModule(): Promise<string> {
  const [style, script] = await Promise.all([bundled('page.css'), bundled('client/main.ts')]);
  const html = readFileSync(join(FOLDER, 'page.html'), 'utf8')
    .replace(/\n\s*/g, '\n')
    .replace('/* style */', () => style)
    .replace('/* script */', () => script);
  return [
    '/** Made by infra/page.ts. */',
    `export const CONTENT_SECURITY_POLICY = ${JSON.stringify(policy(style, script))};`,
    `export const HTML = ${JSON.stringify(html)};`,
    '',
  ].join('\n');
}

async function bundled(entry: string): Promise<string> {
  const { outputFiles } = await build({
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
    logLevel: 'warning',
  });
  return outputFiles.map(({ text }) => text.trim()).join('');
}

/** Allows this style and this script by their hashes, questions to where the page came from, and nothing else. */
function policy(style: string, script: string): string {
  const sha256 = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return [
    "default-src 'none'",
    `script-src ${sha256(script)}`,
    `style-src ${sha256(style)}`,
    "connect-src 'self'",
    // The icon, without which browsers ask for /favicon.ico.
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

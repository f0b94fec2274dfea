import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { PACKAGE_ROOT } from '../package-root.js';
import { runbookHtml } from './runbook.js';

const FOLDER = join(PACKAGE_ROOT, 'functions', 'page');

/** The generated module that the page's handler imports. */
export const PAGE_MODULE = join(FOLDER, 'generated', 'page.ts');

/**
 * The source of that module: the page and the runbook, each one HTML file with its style and script inlined, and the content
 * security policy that allows them. The metafiles list what the files were made of.
 */
export async function pageModule(): Promise<{ readonly source: string; readonly metafiles: readonly Metafile[] }> {
  const [style, script, runbookStyle] = await Promise.all([
    bundled('page.css'),
    bundled('client/main.ts'),
    bundled('runbook.css'),
  ]);
  const page = template('page.html')
    .replace('/* style */', () => style.text)
    .replace('/* script */', () => script.text);
  const source = [
    '/** Made by infra/build/page.ts. */',
    `export const PAGE = ${staticPage(page, { 'style-src': style.text, 'script-src': script.text })};`,
    `export const RUNBOOK = ${staticPage(runbookHtml(template('runbook.html'), runbookStyle.text), { 'style-src': runbookStyle.text })};`,
    '',
  ].join('\n');
  return { source, metafiles: [style.metafile, script.metafile, runbookStyle.metafile] };
}

function template(name: string): string {
  return readFileSync(join(FOLDER, name), 'utf8').replace(/\n\s*/g, '\n');
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

/** @param inlined the texts of the style and the script in the HTML, by directive */
function staticPage(html: string, inlined: Readonly<Record<string, string>>): string {
  return JSON.stringify({ html, contentSecurityPolicy: policy(inlined) });
}

/** Allows these texts by their hashes, to a script requests to its own origin, and nothing else. */
function policy(inlined: Readonly<Record<string, string>>): string {
  const sha256 = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return [
    "default-src 'none'",
    ...Object.entries(inlined).map(([directive, text]) => `${directive} ${sha256(text)}`),
    ...('script-src' in inlined ? ["connect-src 'self'"] : []),
    // The icon: without it browsers request /favicon.ico.
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

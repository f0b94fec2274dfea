import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../package-root.js';
import { markdownToHtml } from './markdown.js';

/** Opens at once on the network of a phone. */
const MAX_RUNBOOK_BYTES = 40 * 1_024;

/** The heading behind which every section is the entry of an alarm. */
const ALARMS = '\n## Alarms\n';

/**
 * `docs/runbook.md` as one HTML file: a list of the alarms, the commands, and an entry for each alarm. In the entries the name
 * of a command leads to the command. Links to other documents become text.
 *
 * @param template HTML with places for style, alarms and text
 * @throws Error if the file would be larger than 40 KB
 */
export function runbookHtml(template: string, style: string): string {
  const source = readFileSync(join(PACKAGE_ROOT, 'docs', 'runbook.md'), 'utf8');
  const alarms = [...(source.split(ALARMS)[1] ?? '').matchAll(/^### (.+)$/gm)].map(([, name = '']) => name);
  const html = template
    .replace('/* style */', () => style)
    .replace('<!-- alarms -->', () => alarms.map((name) => `<li><a href="#${name}">${name}</a></li>`).join('\n'))
    .replace('<!-- text -->', () => linkCommands(markdownToHtml(source, targetOnPage)));
  const bytes = Buffer.byteLength(html);
  if (bytes > MAX_RUNBOOK_BYTES) {
    throw new Error(`docs/runbook.md makes a page of ${bytes} bytes, and at most ${MAX_RUNBOOK_BYTES} are allowed`);
  }
  return html;
}

function targetOnPage(target: string): string | null {
  return target.startsWith('#') || target.startsWith('https:') ? target : null;
}

/** A paragraph that begins with a bold name and a colon defines a command. */
function linkCommands(html: string): string {
  const names = new Set<string>();
  const withAnchors = html.replaceAll(/<p><strong>(\w+)<\/strong>: /g, (_, name: string) => {
    names.add(name);
    return `<p id="command-${name.toLowerCase()}"><strong class="command">${name}</strong>: `;
  });
  return withAnchors.replaceAll(/<strong>(\w+)<\/strong>/g, (bold, name: string) =>
    names.has(name) ? `<a href="#command-${name.toLowerCase()}">${bold}</a>` : bold,
  );
}

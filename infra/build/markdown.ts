const FENCE = '```';
const HEADING = /^(#{1,6}) (.+)$/;
const TABLE_RULE = /^\|[ :|-]+\|$/;
const LIST_ITEM = /^(-|\d+\.) /;
const INLINE = /`([^`]+)`|\*\*(.+?)\*\*|\[([^\]]+)\]\(([^)\s]+)\)/g;

/** What a link leads to on the page; null if its target does not exist there, so that only the text is shown. */
export type LinkTarget = (target: string) => string | null;

/**
 * Markdown as HTML, as far as docs/runbook.md uses it: headings, paragraphs, fenced blocks, tables, flat lists, code, bold,
 * links. Headings get the anchors that GitHub gives them. Everything else is text: no HTML of the source gets through.
 */
export function markdownToHtml(markdown: string, linkTarget: LinkTarget): string {
  const lines = markdown.split('\n');
  const html: string[] = [];
  /** Takes lines up to the first that does not match. */
  const take = (belongs: (line: string) => boolean): readonly string[] => {
    const end = lines.findIndex((line) => !belongs(line));
    return lines.splice(0, end === -1 ? lines.length : end);
  };
  while (lines.length > 0) {
    const [line = ''] = lines;
    const [, level, title = ''] = HEADING.exec(line) ?? [];
    if (line === '') {
      lines.shift();
    } else if (level !== undefined) {
      lines.shift();
      html.push(`<h${level.length} id="${anchorOf(title)}">${inline(title, linkTarget)}</h${level.length}>`);
    } else if (line.startsWith(FENCE)) {
      lines.shift();
      const code = take((each) => each !== FENCE);
      lines.shift();
      html.push(`<pre><code>${escapeHtml(code.join('\n'))}</code></pre>`);
    } else if (line.startsWith('|')) {
      html.push(
        table(
          take((each) => each.startsWith('|')),
          linkTarget,
        ),
      );
    } else if (LIST_ITEM.test(line)) {
      html.push(
        list(
          take((each) => LIST_ITEM.test(each) || each.startsWith('  ')),
          linkTarget,
        ),
      );
    } else {
      const text = take((each) => each !== '' && !HEADING.test(each) && !each.startsWith(FENCE));
      html.push(`<p>${inline(text.join('\n'), linkTarget)}</p>`);
    }
  }
  return html.join('\n');
}

/** The anchor of a heading, as GitHub makes it. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function inline(text: string, linkTarget: LinkTarget): string {
  let end = 0;
  const html: string[] = [];
  for (const {
    index,
    0: { length },
    1: code,
    2: bold,
    3: label = '',
    4: target = '',
  } of text.matchAll(INLINE)) {
    html.push(escapeHtml(text.slice(end, index)));
    end = index + length;
    if (code !== undefined) {
      html.push(`<code>${escapeHtml(code)}</code>`);
    } else if (bold !== undefined) {
      html.push(`<strong>${inline(bold, linkTarget)}</strong>`);
    } else {
      const href = linkTarget(target);
      const shown = inline(label, linkTarget);
      html.push(href === null ? shown : `<a href="${escapeHtml(href)}">${shown}</a>`);
    }
  }
  return html.join('') + escapeHtml(text.slice(end));
}

function table(lines: readonly string[], linkTarget: LinkTarget): string {
  const [head = [], ...rows] = lines.filter((line) => !TABLE_RULE.test(line)).map(cellsOf);
  const row = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${inline(cell, linkTarget)}</${tag}>`).join('')}</tr>`;
  const body = rows.map((cells) => row(cells, 'td')).join('\n');
  return `<table>\n<thead>${row(head, 'th')}</thead>\n<tbody>\n${body}\n</tbody>\n</table>`;
}

function cellsOf(line: string): readonly string[] {
  const cells = line.slice(1, -1).split(/(?<!\\)\|/);
  return cells.map((cell) => cell.trim().replaceAll('\\|', '|'));
}

function list(lines: readonly string[], linkTarget: LinkTarget): string {
  const tag = lines[0]?.startsWith('-') ? 'ul' : 'ol';
  const items = lines
    .join('\n')
    .split(/^(?:-|\d+\.) /m)
    .slice(1);
  return `<${tag}>${items.map((item) => `<li>${inline(item.trim(), linkTarget)}</li>`).join('')}</${tag}>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

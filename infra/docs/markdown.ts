/** What a generated document says of itself. */
const GENERATED = '<!-- Written by `npm run docs` from the code: change it there. -->';

/** A table. Cells are single lines. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A bar would end the cell, and what looks like a tag outside of code would not be shown. */
function escaped(cell: string): string {
  const parts = cell.replaceAll('|', '\\|').split('`');
  return parts.map((part, index) => (index % 2 === 0 ? part.replaceAll('<', '&lt;') : part)).join('`');
}

export function code(text: string | number | boolean): string {
  return `\`${text}\``;
}

/** A document of parts with an empty line between them. */
export function document(title: string, parts: readonly string[]): string {
  return `${[`# ${title}`, GENERATED, ...parts].join('\n\n')}\n`;
}

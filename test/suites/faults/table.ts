import { type Promised, type Row, SIDES } from './row.js';

const BEGIN = '<!-- faults: npm run docs -->';
const END = '<!-- end of faults -->';

/** The document with the table of the rows in its place. */
export function withTable(document: string, rows: readonly Row[]): string {
  const [before, rest] = document.split(BEGIN);
  const [, after] = rest?.split(END) ?? [];
  if (before === undefined || after === undefined) {
    throw new Error(`the document has no place for the table: ${BEGIN} and ${END}`);
  }
  return `${before}${BEGIN}\n\n${tableOf(rows)}\n\n${END}${after}`;
}

/** A table for each side. Faults of the same beginning and with the same promise share a line. */
function tableOf(rows: readonly Row[]): string {
  return SIDES.map((side) => {
    const lines = new Map<string, string[]>();
    for (const { fault, promise } of rows.filter((row) => row.side === side)) {
      const [what = '', how] = fault.split(/: (.*)/);
      const key = JSON.stringify([what, answered(promise), how === undefined]);
      lines.set(key, [...(lines.get(key) ?? []), ...(how === undefined ? [] : [how])]);
    }
    const body = [...lines].map(([key, faults]) => {
      const [what, answer] = JSON.parse(key) as [string, string];
      return `| ${cell(faults.length > 0 ? `${what}: ${faults.join('; ')}` : what)} | ${cell(answer)} |`;
    });
    return [`### ${side}`, '', '| what happens | what is answered |', '| --- | --- |', ...body].join('\n');
  }).join('\n\n');
}

function answered(promise: Promised | string): string {
  if (typeof promise === 'string') {
    return promise;
  }
  const { status, codes, note } = promise;
  const said = [status, ...codes.map((code) => `\`${code}\``)].join(', ');
  return note ? `${said}. ${note}` : said;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

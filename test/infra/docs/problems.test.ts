import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PROBLEMS } from '../../../functions/core/problems.js';
import { read } from '../../support/markdown.js';
import { ROOT } from '../../tools/root.js';

const CODE = /\b(?:CONFIG|POOL|APP|MANAGED|DATABASE|PROBE|AWS)\.[A-Z][A-Z_]+\b/g;
const codes = Object.keys(PROBLEMS).sort();

/** Codes that the functions make problems of: every one in quotation marks outside of the table itself. */
function thrown(): readonly string[] {
  const files = readdirSync(`${ROOT}/functions`, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.includes('generated') && !file.endsWith('core/problems.ts'),
  );
  const texts = files.map((file) => readFileSync(`${ROOT}/functions/${file}`, 'utf8'));
  return texts.flatMap((text) => [...text.matchAll(/'([A-Z]+\.[A-Z_]+)'/g)].map(([, code = '']) => code));
}

describe('codes of problems', () => {
  it('that are documented are those that are thrown', () => {
    const known = new Set(thrown().filter((code) => code in PROBLEMS));
    expect([...known].sort()).toEqual(codes);
  });

  it('have an entry each in troubleshooting, and nobody else has one', () => {
    const entries = [...read('docs/operate/troubleshooting.md').matchAll(/^### `?([A-Z]+\.[A-Z_]+)`?$/gm)].map(
      ([, code]) => code,
    );
    expect(entries.sort()).toEqual(codes);
  });

  it.each([
    'docs/runbook.md',
    'docs/concepts.md',
    'docs/deploy/guide.md',
    'docs/operate/monitoring.md',
    'docs/operate/troubleshooting.md',
    'docs/poolers.md',
    'README.md',
  ])('that %s names exist', (file) => {
    const named = new Set(read(file).match(CODE) ?? []);
    expect([...named].filter((code) => !(code in PROBLEMS))).toEqual([]);
  });
});

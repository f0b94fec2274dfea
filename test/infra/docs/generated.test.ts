import { expect, it } from 'vitest';
import { DOCUMENTS } from '../../../infra/docs/documents.js';
import { read } from '../../support/markdown.js';

it.each(Object.entries(DOCUMENTS))(
  'docs/reference/%s is what the code says; if not, run: npm run docs',
  (name, text) => {
    expect(read(`docs/reference/${name}`)).toBe(text());
  },
);

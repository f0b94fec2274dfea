import { expect, it } from 'vitest';
import { DOCUMENTS } from '../../../infra/docs/generate.js';
import { read } from '../../support/markdown.js';

it.each(Object.entries(DOCUMENTS))(
  'docs/reference/%s is what the code generates; if not, run: npm run docs',
  (name, text) => {
    expect(read(`docs/reference/${name}`)).toBe(text());
  },
);

import { describe, expect, it } from 'vitest';
import { markdownToHtml } from '../../../infra/build/markdown.js';
import { runbookHtml } from '../../../infra/build/runbook.js';

/** White space between tags means nothing. */
const html = (markdown: string) =>
  markdownToHtml(markdown, (target) => (target.startsWith('#') ? target : null))
    .replaceAll(/>\s+</g, '><')
    .trim();

describe('Markdown becomes HTML', () => {
  it.each([
    [
      'a heading, with the anchor of GitHub',
      '### Act `now`, please',
      '<h3 id="act-now-please">Act <code>now</code>, please</h3>',
    ],
    ['a paragraph of two lines', 'one\ntwo', '<p>one\ntwo</p>'],
    ['two paragraphs', 'one\n\ntwo', '<p>one</p><p>two</p>'],
    ['bold text with code in it', '**on `x`**', '<p><strong>on <code>x</code></strong></p>'],
    ['a link that exists there', '[entry](#heartbeat)', '<p><a href="#heartbeat">entry</a></p>'],
    ['a link that does not, as its text', '[`cli`](operate/cli.md)', '<p><code>cli</code></p>'],
    [
      'a block, in which nothing is Markdown',
      '```sh aws\n**a** | `b`\n\n# c\n```',
      '<pre><code>**a** | `b`\n\n# c</code></pre>',
    ],
    ['code, in which nothing is Markdown', '`**a**`', '<p><code>**a**</code></p>'],
    [
      'a table, with an escaped bar',
      '| a | b |\n| --- | --- |\n| `x \\| y` | **z** |',
      '<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td><code>x | y</code></td><td><strong>z</strong></td></tr></tbody></table>',
    ],
    ['a list', '- one\n  more\n- two', '<ul><li>one\nmore</li><li>two</li></ul>'],
    ['a numbered list', '1. one\n2. two', '<ol><li>one</li><li>two</li></ol>'],
  ])('%s', (_, markdown, expected) => {
    expect(html(markdown)).toBe(expected);
  });

  it.each([
    ['text', '<b>&"', '<p>&lt;b&gt;&amp;&quot;</p>'],
    ['code', '`<b>`', '<p><code>&lt;b&gt;</code></p>'],
    ['a block', '```\n<script>\n```', '<pre><code>&lt;script&gt;</code></pre>'],
    ['the target of a link', '[x](#"onclick=")', '<p><a href="#&quot;onclick=&quot;">x</a></p>'],
  ])('without the HTML in %s', (_, markdown, expected) => {
    expect(html(markdown)).toBe(expected);
  });
});

it('a runbook that is too large for a phone is refused at build', () => {
  expect(() => runbookHtml('x'.repeat(40 * 1_024 + 1), '')).toThrowError(
    'docs/runbook.md makes a page of 40961 bytes, and at most 40960 are allowed',
  );
  expect(runbookHtml('<!-- text -->', '')).toContain('<h3 id="heartbeat">');
});

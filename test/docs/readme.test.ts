import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { SETTINGS } from '../../functions/core/pool-settings.js';
import { DOCUMENTS, ROOT_PAGES, read } from '../support/markdown.js';

const readme = read('README.md');
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

describe('the README', () => {
  test('names scripts that exist, and all that a user may want', () => {
    const named = new Set([...readme.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name));
    const wanted = Object.keys(manifest.scripts).filter(
      (name) => /^(test|bench|cost|lint:)/.test(name) && name !== 'test',
    );
    expect([...named].sort()).toEqual(wanted.sort());
  });

  test('bootstraps with a mode, because the CDK runs the app, and cdk.json has none', () => {
    expect(JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'))).not.toHaveProperty('context');
    const commands = [...readme.matchAll(/npx cdk bootstrap[^`\n]*/g)].map(([command]) => command);
    expect(commands).toEqual(['npx cdk bootstrap -c mode=demo']);
  });

  test('stays short', () => {
    expect(readme.split('\n').length).toBeLessThanOrEqual(215);
  });
});

test('documents name scripts that exist', () => {
  const named = [...DOCUMENTS, ...ROOT_PAGES].flatMap((file) =>
    [...read(file).matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name),
  );
  expect(named.filter((name) => !(name in manifest.scripts))).toEqual([]);
});

test('CONTRIBUTING lists every script that a person runs', () => {
  const listed = [...read('CONTRIBUTING.md').matchAll(/^\| `npm (?:run )?([\w:]+)` \|/gm)].map(([, name]) => name);
  const byNpm = ['prepare', 'prepack', 'prepublishOnly'];
  expect(listed.sort()).toEqual(
    Object.keys(manifest.scripts)
      .filter((name) => !byNpm.includes(name))
      .sort(),
  );
});

test('the version of Node for contributors is the oldest that the package supports', () => {
  expect(manifest.engines.node).toBe(`>=${read('.nvmrc').trim()}`);
  expect(readme).toContain(`Node >= ${read('.nvmrc').trim()}`);
});

test('the quick reference has the defaults of the settings', () => {
  const rows = Object.values(SETTINGS).map(({ variable, defaults }) => [variable, ...Object.values(defaults)].join());
  const lines = [
    ...read('docs/operate/quick-reference.md').matchAll(/^\| `(DATABASE_POOL_\w+)`.* \| (\d+) \| (\d+) \| (\d+) \|$/gm),
  ];
  expect(lines.map(([, ...cells]) => cells.join())).toEqual(rows);
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { read } from '../support/markdown.js';
import { entryOf, releaseObstacles } from './release-obstacles.js';

const folder = mkdtempSync(join(tmpdir(), 'pool-health-release-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ADDRESS = 'https://git.example.com/pool-health';
const MANIFEST = { version: '1.2.0', repository: ADDRESS, bugs: ADDRESS, homepage: ADDRESS };
const CHANGELOG = '# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-01-02\n\n- Something.\n\n## 1.1.0\n\n- Older.\n';

function obstacles({
  manifest = MANIFEST,
  changelog = CHANGELOG,
  status = '',
}: {
  manifest?: object;
  changelog?: string;
  status?: string | null;
}): readonly string[] {
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'CHANGELOG.md'), changelog);
  return releaseObstacles(folder, status);
}

describe('a release', () => {
  test('has no obstacle when addresses, an entry and a clean tree are there', () => {
    expect(obstacles({})).toEqual([]);
  });

  test.each(['repository', 'bugs', 'homepage'])('is refused while package.json has no %s', (field) => {
    expect(obstacles({ manifest: { ...MANIFEST, [field]: undefined } })).toEqual([`package.json has no "${field}".`]);
  });

  test('is refused without an entry for its version', () => {
    expect(obstacles({ manifest: { ...MANIFEST, version: '1.3.0' } })).toEqual([
      'CHANGELOG.md has no entry for version 1.3.0.',
    ]);
    // A prefix of a version, and a heading with nothing under it, are no entry.
    expect(obstacles({ manifest: { ...MANIFEST, version: '1.2' } })).toHaveLength(1);
    expect(obstacles({ changelog: CHANGELOG.replace('- Something.', '') })).toHaveLength(1);
  });

  test('is refused while entries belong to no version', () => {
    const changelog = CHANGELOG.replace('## [Unreleased]\n', '## [Unreleased]\n\n- New.\n');
    expect(obstacles({ changelog })).toEqual(['CHANGELOG.md has entries under Unreleased: give them a version.']);
  });

  test('is refused while files differ from the last commit', () => {
    expect(obstacles({ status: ' M package.json\n?? new.ts\n' })).toEqual([
      'Files differ from the last commit: package.json, new.ts.',
    ]);
  });

  test('is refused outside a git repository', () => {
    expect(obstacles({ status: null })).toEqual([expect.stringMatching(/not a git repository/)]);
  });

  test('names all obstacles at once', () => {
    expect(obstacles({ manifest: { version: '2.0.0' }, status: null })).toHaveLength(5);
  });
});

test('the changelog has an entry for the version of this package', () => {
  expect(entryOf(read('CHANGELOG.md'), JSON.parse(read('package.json')).version)).not.toBe('');
});

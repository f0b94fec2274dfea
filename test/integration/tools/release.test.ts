import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../tools/root.js';

/** A package without addresses, outside any repository. */
const folder = mkdtempSync(join(tmpdir(), 'pool-health-release-'));
const MISSING = ['repository', 'bugs', 'homepage'];

beforeAll(() => {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'unready', version: '1.0.0' }));
  writeFileSync(join(folder, 'CHANGELOG.md'), '# Changelog\n\n## 1.0.0\n\n- Something.\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a script of test/tools/ in that folder, on a machine without npm. */
function run(script: string, environment: NodeJS.ProcessEnv = {}): Promise<{ code: number; stderr: string }> {
  const args = ['--import', import.meta.resolve('tsx'), join(ROOT, 'test', 'tools', script)];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: folder, env: { PATH: folder, ...environment } }, (error, _, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stderr });
    });
  });
}

const namedIn = (stderr: string) => MISSING.filter((field) => stderr.includes(`package.json has no "${field}".`));

describe('a package that is not ready', () => {
  test('is refused by the release step, before npm is started', async () => {
    const { code, stderr } = await run('release.ts');
    expect(code).toBe(1);
    expect(namedIn(stderr)).toEqual(MISSING);
  });

  test('is refused by the script that npm runs before it publishes', async () => {
    const { code, stderr } = await run('release-obstacles.ts');
    expect(code).toBe(1);
    expect(namedIn(stderr)).toEqual(MISSING);
  });

  test('is named, and not refused, in a dry run of npm', async () => {
    const { code, stderr } = await run('release-obstacles.ts', { npm_config_dry_run: 'true' });
    expect(code).toBe(0);
    expect(namedIn(stderr)).toEqual(MISSING);
  });
});

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TABLES } from '../../integration/app/tables.js';
import { allBlocks } from '../../support/markdown.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { ROOT } from '../../tools/root.js';

/** What users import, by its source. */
const PATHS = {
  'pool-health': [join(ROOT, 'infra/index.ts')],
  'pool-health/app': [join(ROOT, 'functions/app/index.ts')],
};
const FOLDER = join(ROOT, '.cache/docs');

interface Program {
  readonly name: string;
  readonly isRun: boolean;
  readonly text: string;
}

/** One program a block; a block that continues is a part of the one before it. */
function programs(): readonly Program[] {
  const found: { name: string; isRun: boolean; text: string }[] = [];
  for (const { file, line, mark, text } of allBlocks().filter(({ language }) => language === 'ts')) {
    const last = found.at(-1);
    if (mark === 'continues' && last) {
      last.text += text;
    } else if (mark !== 'prisma6') {
      found.push({ name: `${file.replaceAll(/\W/g, '-')}-${line}.ts`, isRun: mark === 'run', text });
    }
  }
  return found;
}

const all = programs();

beforeAll(() => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(join(FOLDER, 'generated'), { recursive: true });
  writeFileSync(join(FOLDER, 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(
    join(FOLDER, 'generated/client.ts'),
    "export * from '../../../test/integration/app/generated/client.js';\n",
  );
  // As a user's project may be: the CDK's own types do not hold with exactOptionalPropertyTypes.
  const compilerOptions = { paths: PATHS, noUnusedLocals: false, exactOptionalPropertyTypes: false };
  const include = ['*.ts', 'generated/*.ts'];
  writeFileSync(
    join(FOLDER, 'tsconfig.json'),
    JSON.stringify({ extends: '../../tsconfig.json', compilerOptions, include }),
  );
  for (const { name, text } of all) {
    writeFileSync(join(FOLDER, name), text);
  }
});

describe('TypeScript', () => {
  it('compiles, block for block', () => {
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const { stdout } = spawnSync(process.execPath, [tsc, '--noEmit', '-p', FOLDER], { encoding: 'utf8' });
    expect(stdout).toBe('');
  });
});

describe('runs against a real server', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
    await server.sql(TABLES);
  });
  afterAll(() => server?.close());

  const run = all.filter(({ isRun }) => isRun);
  it.each(run.map(({ name }) => name))('%s', (name) => {
    const { PATH, HOME } = process.env;
    const env = { PATH, HOME, DATABASE_URL: server.postgres.url({ user: 'postgres', database: 'postgres' }) };
    const options = { encoding: 'utf8', cwd: FOLDER, env, timeout: 60_000 } as const;
    const output = execFileSync(process.execPath, ['--import', 'tsx', name], options);
    expect(output).toMatch(name.startsWith('docs-app') ? /^Pool "orders" \(development\): min 2, max 10/ : /^$/);
  });
});

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Block, blocksOf } from '../../support/markdown.js';
import { ROOT } from '../../tools/root.js';

/**
 * The examples in CONTRIBUTING.md, applied as patches to a copy of the project: everything that derives from a row must
 * follow, without a change of any other file.
 */

/** Not in git, and needed to compile. */
const GENERATED = ['functions/round-trip/generated', 'test/integration/app/generated'];
const DEFINITION = {
  endpoint: 'db.internal.example',
  database: 'orders',
  user: 'pool_health',
  auth: { type: 'iam' },
  pool: { maxLifetime: 3_600_000 },
  managed: { kind: 'example', name: 'orders' },
};

const examples = blocksOf('CONTRIBUTING.md').filter(({ language }) => language === 'diff');

let copy: string;
beforeAll(() => {
  copy = realpathSync(mkdtempSync(join(tmpdir(), 'pool-health-contributing-')));
  const tracked = run('git', ['-C', ROOT, 'ls-files', '-z']).split('\0').filter(Boolean);
  for (const path of [...tracked, ...GENERATED]) {
    cpSync(join(ROOT, path), join(copy, path), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  examples.forEach(apply);
  node('infra/build/build.ts');
  node('infra/docs/generate.ts');
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/**
 * What a program prints to standard output.
 *
 * @throws Error with its whole output if it fails
 */
function run(program: string, args: readonly string[], options: { input?: string; env?: object } = {}): string {
  const { input = '', env = {} } = options;
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: copy,
    encoding: 'utf8',
    input,
    // A patch is applied to this folder, not to a repository around it.
    env: { ...process.env, GIT_CEILING_DIRECTORIES: tmpdir(), ...env },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) {
    throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  }
  return stdout;
}

function node(file: string, env: object = {}): string {
  return run(process.execPath, ['--import', 'tsx', file], { env });
}

function apply({ text, line }: Block): void {
  try {
    run('git', ['apply', '-'], { input: text });
  } catch (cause) {
    throw new Error(`The example at CONTRIBUTING.md:${line} does not fit the code any more`, { cause });
  }
}

function read(path: string): string {
  return readFileSync(join(copy, path), 'utf8');
}

/** The row of a table that begins with this code. */
function row(document: string, name: string): string {
  return (
    read(document)
      .split('\n')
      .find((line) => line.startsWith(`| \`${name}\``) || line.startsWith(`| [\`${name}\``)) ?? `no row ${name}`
  );
}

function filesOf(text: string): readonly string[] {
  return [...text.matchAll(/^\+\+\+ b\/(.+)$/gm)].map(([, file = '']) => file);
}

describe('the examples in CONTRIBUTING.md', () => {
  it('name the files that a contribution touches, and no more', () => {
    expect(examples.map(({ mark, text }) => [mark, filesOf(text)])).toEqual([
      ['metric', ['functions/core/metrics.ts', 'infra/monitoring/pool-alarms.ts', 'docs/runbook.md']],
      ['pooler', ['functions/core/poolers.ts', 'functions/poolers/example/reader.ts', 'functions/poolers/readers.ts']],
      ['setting', ['functions/core/pool-settings.ts']],
      [
        'problem',
        ['functions/core/problems.ts', 'functions/core/implied-problems.ts', 'docs/operate/troubleshooting.md'],
      ],
    ]);
  });

  it('compile, apart from tests that write all keys of a row themselves', () => {
    const config = { extends: './tsconfig.json', include: ['functions', 'infra'] };
    writeFileSync(join(copy, 'tsconfig.examples.json'), JSON.stringify(config));
    const tsc = ['node_modules/typescript/bin/tsc', '--noEmit', '--project', 'tsconfig.examples.json'];
    expect(run(process.execPath, tsc)).toBe('');
  }, 300_000);
});

describe('a metric with an alarm', () => {
  it('is deployed: the alarm with its threshold, a graph with the metric, and the link to the runbook', () => {
    const context = { mode: 'demo' };
    node('infra/app.ts', { CDK_OUTDIR: join(copy, 'cdk.out'), CDK_CONTEXT_JSON: JSON.stringify(context) });
    const { Resources } = JSON.parse(read('cdk.out/pool-health.template.json'));
    const resources = Object.values<{ Type: string; Properties?: Record<string, unknown> }>(Resources);
    const alarm = resources.find(({ Properties }) => Properties?.AlarmName === 'pool-health-demo-free-connections-low');
    expect(alarm?.Properties).toMatchObject({
      MetricName: 'FreeConnections',
      Statistic: 'Minimum',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 2,
    });
    expect(JSON.stringify(alarm?.Properties?.AlarmDescription)).toContain('/health/runbook#free-connections-low');
    const dashboard = resources.find(({ Type }) => Type === 'AWS::CloudWatch::Dashboard');
    expect(JSON.stringify(dashboard)).toContain('FreeConnections');
  });

  it('is in the references, the Grafana dashboard and the context', () => {
    expect(row('docs/reference/metrics.md', 'FreeConnections')).toContain('Connections that the pool can still open.');
    expect(row('docs/reference/metrics.md', 'free-connections-low')).toContain('`FreeConnections`, Minimum &lt; 2');
    expect(row('docs/reference/configuration.md', 'thresholds.freeConnections')).toMatch(/a number above 0 \| `2` \|$/);
    expect(read('docs/reference/grafana.json')).toContain('"metricName": "FreeConnections"');
  });
});

describe('a pooler', () => {
  it('is accepted in definitions, and shown, by the command line', () => {
    expect(validated()).toMatch(/^valid\n[\s\S]*^managed +example$/m);
  });

  it('is in the reference, in the JSON Schema of the API, and on the page', () => {
    expect(row('docs/reference/configuration.md', 'managed')).toContain('{"kind": "example", "name": ...}');
    expect(JSON.stringify(JSON.parse(read('docs/reference/openapi.json')))).toContain('"example"');
    expect(read('dist/functions/page/index.js')).toContain('Example Pooler');
  });
});

describe('a pool setting', () => {
  it('is accepted in definitions, and shown, by the command line', () => {
    expect(validated()).toMatch(/^pool\.maxLifetime +3600000 ms$/m);
    expect(() => validated({ maxLifetime: 5 })).toThrowError(
      /pool\.maxLifetime must be a whole number of milliseconds/,
    );
  });

  it('is in the reference, as a setting and as an environment variable', () => {
    const reference = 'docs/reference/configuration.md';
    expect(row(reference, 'maxLifetime')).toContain('`DATABASE_POOL_MAX_LIFETIME`');
    expect(row(reference, 'DATABASE_POOL_MAX_LIFETIME')).toContain('Maximum age of a connection');
  });
});

describe('a problem', () => {
  it('is in the reference with a link to its entry, and in the JSON Schema of the API', () => {
    expect(row('docs/reference/problems.md', 'APP.LONG_TRANSACTION')).toContain(
      'troubleshooting.md#applong_transaction',
    );
    expect(read('docs/reference/openapi.json')).toContain('"APP.LONG_TRANSACTION"');
  });
});

/** What `pool-health config validate` of the copy prints. */
function validated(pool: object = DEFINITION.pool): string {
  const input = JSON.stringify({ ...DEFINITION, pool });
  return run(process.execPath, ['dist/cli.mjs', 'config', 'validate', '-'], { input });
}

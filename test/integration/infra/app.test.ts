import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manyPools } from '../../support/many-pools.js';
import { ATTACH } from '../../support/synth.js';

/** The command as a user runs it, on a machine without credentials, region and network. */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pool-health-synth-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function cdkSynth(...args: readonly string[]) {
  const { PATH = '', HOME = '' } = process.env;
  const cdk = ['node_modules/aws-cdk/bin/cdk', 'synth', '--no-notices', '--output', join(folder, 'out')];
  const result = spawnSync(
    'sh',
    ['-c', '"$@"; status=$?; times; exit $status', 'sh', process.execPath, ...cdk, ...args],
    {
      cwd: fileURLToPath(new URL('../../..', import.meta.url)),
      encoding: 'utf8',
      env: {
        PATH,
        HOME,
        AWS_EC2_METADATA_DISABLED: 'true',
        AWS_CONFIG_FILE: '/dev/null',
        AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
        CDK_DISABLE_CLI_TELEMETRY: 'true',
        HTTPS_PROXY: 'http://127.0.0.1:9',
        HTTP_PROXY: 'http://127.0.0.1:9',
      },
    },
  );
  return { ...result, seconds: secondsOfWork(result.stdout) };
}

/** The last line of the shell's `times`: the CPU time of its children, which does not depend on the load of the machine. */
function secondsOfWork(output: string): number {
  const [last = ''] = output.trimEnd().split('\n').slice(-1);
  const seconds = [...last.matchAll(/(\d+)m([\d.]+)s/g)].map(([, m, s]) => Number(m) * 60 + Number(s));
  expect(seconds).toHaveLength(2);
  return seconds.reduce((sum, part) => sum + part, 0);
}

/** What the app says, without what npm and the CDK say around it. */
function linesOf(stderr: string): readonly string[] {
  return stderr.split('\n').filter((line) => line !== '' && !/^npm warn|Subprocess exited/.test(line));
}

const manifest = () => JSON.parse(readFileSync(join(folder, 'out', 'manifest.json'), 'utf8'));

describe('npx cdk synth, offline and without credentials', () => {
  it('deploys nothing without a mode', () => {
    const { status, stderr } = cdkSynth();
    expect(status).toBe(1);
    expect(linesOf(stderr)).toEqual([
      'The context "pool-health" in cdk.json cannot be deployed. Correct this:',
      expect.stringMatching(/^- mode is missing: .*"-c mode=demo"/),
    ]);
  });

  it('synthesizes the demo on request, and ends with what it costs', () => {
    const { status, stdout, stderr, seconds } = cdkSynth('-c', 'mode=demo');
    expect(stderr).toMatch(/^pool-health: 1 pool, .* About \d+ USD a month:$/m);
    expect(stderr).toContain('"npx cdk destroy -c mode=demo" removes everything');
    expect(stdout).not.toContain('Resources:');
    expect(status).toBe(0);
    expect(seconds).toBeLessThan(20);
    expect(manifest().artifacts['pool-health'].type).toBe('aws:cloudformation:stack');
  });

  it('attaches to existing pools without a context lookup, and ends with what it costs', () => {
    const { status, stderr, seconds } = cdkSynth('-c', `pool-health=${JSON.stringify(ATTACH)}`);
    expect(stderr).toMatch(/^pool-health: 3 pools, .* About \d+ USD a month:$/m);
    expect(status).toBe(0);
    expect(seconds).toBeLessThan(20);
    expect(manifest().missing).toBeUndefined();
  });

  it('reports more pools than a stack takes, without a stack trace', () => {
    const { status, stderr } = cdkSynth('-c', `pool-health=${JSON.stringify({ ...ATTACH, pools: manyPools(45) })}`);
    expect(status).toBe(1);
    expect(linesOf(stderr)).toEqual([
      'Validation failed with the following errors:',
      expect.stringMatching(/the main stack contains the alarms of 45 pools .*: set "alarmStack": 1 for \d+ of them/),
    ]);
  });

  it('reports the mistakes of an invalid context, without a stack trace', () => {
    const { status, stderr } = cdkSynth('-c', 'pool-health={"mode": "attach", "vpcId": "x"}');
    expect(status).toBe(1);
    expect(linesOf(stderr)).toEqual([
      'The context "pool-health" in cdk.json cannot be deployed. Correct these 4:',
      '- vpcId must be the id of a VPC, "vpc-…", received "x"',
      '- subnetIds is missing: it must be a list of subnet ids',
      expect.stringMatching(/^- egress is missing: /),
      '- pools is missing: it must be a list of pools',
    ]);
  });
});

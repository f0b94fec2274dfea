import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allBlocks, DOCUMENTS, read } from '../../support/markdown.js';
import { awsCli, refusingAws } from './aws.js';
import { bash } from './shell.js';

/**
 * Commands that need an account: AWS's own command line reads them, with all options and queries, and gets as far as
 * asking. What they would answer is not tested here.
 */
const folder = mkdtempSync(join(tmpdir(), 'aws-docs-'));
const log = join(folder, 'calls');
let aws: Awaited<ReturnType<typeof refusingAws>>;

beforeAll(async () => {
  aws = await refusingAws();
  mkdirSync(join(folder, 'bin'));
  command(
    'aws',
    `out=$(${awsCli()} "$@" 2>&1 >/dev/null); code=$?; printf '%s\\t%s\\t%s\\n' "$code" "$*" "$(echo $out)" >> ${log}`,
  );
  for (const name of ['npx', 'npm', 'git', 'curl']) {
    command(name, 'true');
  }
});
afterAll(() => {
  aws?.close();
  rmSync(folder, { recursive: true });
});

function command(name: string, script: string): void {
  writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'bin', name), 0o755);
}

interface Call {
  readonly code: number;
  readonly args: string;
  readonly said: string;
}

async function calls(script: string): Promise<readonly Call[]> {
  rmSync(log, { force: true });
  writeFileSync(log, '');
  writeFileSync(join(folder, 'pool.json'), '{}');
  const env = {
    PATH: `${folder}/bin:${process.env.PATH}`,
    AWS_ENDPOINT_URL: aws.url,
    AWS_REGION: 'eu-central-1',
    AWS_DEFAULT_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_SESSION_TOKEN: 'test',
    AWS_MAX_ATTEMPTS: '1',
    STACK: 'pool-health',
    POOL: 'orders',
    PROXY: 'shop',
    LOG: '/aws/lambda/check',
    CHECK: 'check',
    API: 'https://api.example.com/health/pool',
  };
  await bash(`set +e\n${script}`, { cwd: folder, env });
  return readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [code = '', args = '', said = ''] = line.split('\t');
      return { code: Number(code), args, said };
    });
}

/** It has asked, and read the refusal, or could not read it: services differ in their form. */
const UNDERSTOOD = /An error occurred \(|Unable to parse response/;
/** Only version 2 has these, which is not in any package registry. */
const VERSION_2 =
  /^(logs tail \S+( --since \d+[smhdw]| --filter-pattern (\{.*\}|\w+)| --follow)*|configure export-credentials --format env)$/;

const misunderstood = (made: readonly Call[]) =>
  made.filter(({ code, args, said }) => code !== 0 && !UNDERSTOOD.test(said) && !VERSION_2.test(args));

const blocks = allBlocks().filter(
  ({ language, mark, text }) => `${language} ${mark}` === 'sh aws' && /\baws /.test(text),
);
const inline = DOCUMENTS.flatMap((file) =>
  [...read(file).matchAll(/`(aws [^`]+)`/g)].map(([, text = '']) => [file, text] as const),
);

describe('the command line of AWS understands', () => {
  it.each(blocks.map(({ file, line, text }) => [`${file}:${line}`, text] as const))('%s', async (_, text) => {
    const made = await calls(text);
    expect(made.length).toBeGreaterThan(0);
    expect(misunderstood(made)).toEqual([]);
  });

  it.each(inline)('%s: %s', async (_, text) => {
    const made = await calls(text);
    expect(made).toHaveLength(1);
    expect(misunderstood(made)).toEqual([]);
  });

  it('and one that it does not is found', async () => {
    expect(misunderstood(await calls('aws rds describe-proxies'))).toHaveLength(1);
    expect(misunderstood(await calls('aws rds describe-events --minutes 60'))).toHaveLength(1);
    expect(misunderstood(await calls("aws rds describe-events --query 'Events[].['"))).toHaveLength(1);
  });
});

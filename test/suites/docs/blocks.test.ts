import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseSettings } from '../../../functions/compose/url.js';
import { parseDatabaseUrl } from '../../../functions/connection/url.js';
import { parseDefinition } from '../../../functions/core/pool-definition.js';
import { checkCdkJson } from '../../../infra/cdk-json.js';
import { readContext } from '../../../infra/context.js';
import { mistakes } from '../../support/description.js';
import { allBlocks, type Block, read } from '../../support/markdown.js';
import { ROOT } from '../../tools/root.js';
import { bash } from './shell.js';

/** What is done with each kind of block; a block of no such kind is one that nobody checks. */
const KINDS = {
  sh: 'shell.docs.ts runs it against a pool that is watched',
  'sh database': 'shell.docs.ts runs it against a server',
  'sh start': 'start.docs.ts starts it in a fresh clone',
  'sh install': 'start.docs.ts runs it in the clone and beside it',
  'sh suite': 'CI itself is this command',
  'sh aws': 'needs an account: bash -n here, its aws commands in aws.docs.ts',
  sql: 'sql.docs.ts runs it on a server',
  'sql pgbouncer': 'sql.docs.ts runs it on the console of a PgBouncer',
  ini: 'sql.docs.ts starts a PgBouncer with it',
  ts: 'typescript.docs.ts compiles it',
  'ts run': 'typescript.docs.ts compiles and runs it',
  'ts continues': 'the same, with the block before it',
  'ts prisma6': 'of another version: shown, not compiled',
  'json pool': 'an answer of GET /health/pool',
  'json definition': 'a definition of a pool',
  'json cdk.json': 'a whole cdk.json',
  env: 'a file .env',
  cron: 'cron.docs.ts runs it',
  text: 'shows, says nothing to do',
} as const;

const kindOf = ({ language, mark }: Block) => `${language} ${mark}`.trim();
const of = (kind: keyof typeof KINDS) =>
  allBlocks()
    .filter((block) => kindOf(block) === kind)
    .map((block) => [`${block.file}:${block.line}`, block] as const);

it('every block is of a kind that something checks', () => {
  const strange = allBlocks().filter((block) => !(kindOf(block) in KINDS));
  expect(strange.map(({ file, line, language, mark }) => `${file}:${line} ${language} ${mark}`)).toEqual([]);
});

it('no command has a comment: the shell of macOS, zsh, takes what is pasted for arguments', () => {
  const commented = allBlocks().filter(({ language, text }) => language === 'sh' && /(^|\s)#/m.test(text));
  expect(commented.map(({ file, line }) => `${file}:${line}`)).toEqual([]);
});

it('says how many there are of each kind', () => {
  const counts = Object.keys(KINDS).map((kind) => [kind, of(kind as keyof typeof KINDS).length] as const);
  console.log(counts.map(([kind, count]) => `${count} ${kind}`).join(', '));
  expect(counts.filter(([, count]) => count === 0)).toEqual([]);
});

describe('JSON', () => {
  it.each(of('json pool'))('%s is an answer, whose numbers agree with each other', (_, { text }) => {
    const report = JSON.parse(text);
    expect(mistakes('GET /health/pool', report.status === 'healthy' ? 200 : 503, report)).toEqual([]);
    const { metrics, config, utilization } = report;
    expect(metrics.activeConnections + metrics.idleConnections).toBe(metrics.totalConnections);
    expect(metrics.poolSize).toBe(config.max);
    expect(utilization.percent).toBe((metrics.totalConnections * 100) / metrics.poolSize);
  });

  it.each(of('json definition'))('%s is a definition that holds', (_, { text }) => {
    expect(parseDefinition('orders', text)).toMatchObject({ ok: true, warnings: [] });
  });

  it.each(of('json cdk.json'))('%s can be deployed', (_, { text }) => {
    checkCdkJson(text);
    const { context, ...file } = JSON.parse(text);
    expect(file).toEqual(JSON.parse(read('cdk.json')));
    expect(readContext(context['pool-health'])).toMatchObject({ mode: 'attach' });
  });
});

describe('.env', () => {
  it.each(of('env'))('%s has no mistake', (_, { text }) => {
    const variables = parseEnv(text) as Record<string, string>;
    expect(parseSettings(variables)).toMatchObject({ violations: [], warnings: [] });
    expect(parseDatabaseUrl(variables.DATABASE_URL ?? '').ok).toBe(true);
  });
});

describe('commands for AWS', () => {
  it.each(of('sh aws'))('%s is bash', async (_, { text }) => {
    expect(await bash(`bash -n <<'SCRIPT'\n${text}SCRIPT`, { cwd: ROOT })).toMatchObject({ code: 0, stderr: '' });
  });
});

it.each(of('sh suite'))('%s is what CI runs', (_, { text }) => {
  const steps = read('.ci/run');
  for (const command of text.trim().split(' && ')) {
    expect(steps).toMatch(new RegExp(`^step .* ${command}$`, 'm'));
  }
});

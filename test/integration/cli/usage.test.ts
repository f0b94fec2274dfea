import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLI, cliEnvironment, ROOT, runCli, runHere } from '../../support/cli.js';

const SECRET = 'hunter2';

describe('a command that cannot be understood', () => {
  it.each([
    [['chek'], "unknown command 'chek' (Did you mean check?)"],
    [['check', '--urll=x'], "unknown option '--urll' (Did you mean --url?)"],
    [['check', `--urll=postgres://app:${SECRET}@db/shop`], "unknown option '--urll'; see --help"],
    [[`postgres://app:${SECRET}@db/shop`], 'unknown command (not shown)'],
    [[`postgres://app:p'${SECRET}'@db/shop`], 'unknown command (not shown)'],
    [['check', `postgres://app:${SECRET}@db/shop`], "too many arguments for 'check'"],
    [['check', '--url'], "option '--url <url>' argument missing"],
    [['check', '--url', `app:${SECRET}@db`], '--url must'],
    [['check', '--url', `http://app:${SECRET}@db`], '--url must begin with postgres://'],
    [['check', '--url', `postgres://app:${SECRET}%@db`], '--url contains an invalid percent-encoding'],
    [['check', '--url', `postgres://app:${SECRET}@db?sslmode=prefer`], 'sslmode in --url must be verify-full'],
    [['check', '--url', ''], '--url must look like'],
    [['check', '--url', 'x', '--api', 'y'], "option '--url <url>' cannot be used with option '--api <url>'"],
    [['check', '--api', `https://app:${SECRET}@db`], '--api must be the output ApiUrl'],
    [['check', '--api', 'http://api.example'], '--api must be the output ApiUrl'],
    [['check', '--api', 'https://api.example?x=1'], '--api must be the output ApiUrl'],
    [['check', '--pool', 'orders'], '--pool and --sign need --api'],
    [['check', '--sign'], '--pool and --sign need --api'],
    [['check'], 'no database is given: set DATABASE_URL'],
    [['config', 'validate'], "missing required argument 'file'"],
  ])('%j is exit code 2 and one line without what may be a password', async (args, said) => {
    const { code, out, err } = await runHere(args);
    expect(err).toMatch(/^pool-health: [^\n]+\n$/);
    expect(err).toContain(said);
    expect(err).not.toContain(SECRET);
    expect([code, out]).toEqual([2, '']);
  });

  it.each([[[]], [['config']]])('%j alone shows the help on stderr', async (args) => {
    const { code, out, err } = await runHere(args);
    expect(err).toMatch(/^Usage: pool-health /);
    expect([code, out]).toEqual([2, '']);
  });

  it('whatever is written, it is one line without a stack, and nothing like a URL is repeated', async () => {
    const words = ['check', 'config', 'validate', '--url', '--api', '--json', '--pool', '--sign', '--', '-', '--debug'];
    const url = fc.constantFrom(`postgres://u:${SECRET}@127.0.0.1:0/d`, `//u:${SECRET}@h`, `--url=u:${SECRET}@h`);
    const word = fc.oneof(fc.constantFrom(...words), url, fc.string({ unit: 'binary' }), fc.constant('__proto__'));
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 5 }), async (args) => {
        // Nobody is asked here: a definition of the standard input would be waited for.
        fc.pre(!(args.includes('validate') && args.includes('-')));
        const { code, out, err } = await runHere(args);
        expect(code).toBe(2);
        expect(out).toBe('');
        expect(err).not.toContain(SECRET);
        expect(err).toMatch(/^(pool-health: [^\n]+\n)+$|^Usage: /);
        expect(err).not.toMatch(/\n\s+at /);
      }),
      { numRuns: 500, examples: [[['--debug', 'check', '--url', '\u0000']]] },
    );
  });
});

describe('the command as a process', () => {
  it('has a version', async () => {
    const { code, out } = await runCli(['--version']);
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(code).toBe(0);
  });

  it('does not load PostgreSQL or AWS for its help', async () => {
    const trace = { NODE_DEBUG: 'module' };
    const help = await runCli(['--help'], { environment: trace });
    expect(help.code).toBe(0);
    expect(help.err).not.toMatch(/node_modules\/(pg|@aws-sdk)\//);
    expect(help.err).toContain('commander');
  });

  it('is plain in a pipe, coloured with FORCE_COLOR', async () => {
    const input = '{"endpoint":"h","database":"d","user":"u","auth":{"type":"iam"}}';
    const plain = await runCli(['config', 'validate', '-'], { input });
    const coloured = await runCli(['config', 'validate', '-'], { input, environment: { FORCE_COLOR: '1' } });
    expect(plain.out).toMatch(/^valid\n/);
    expect(coloured.out.startsWith('\u001b[32mvalid\u001b[39m\n')).toBe(true);
  });

  it.skipIf(!existsSync('/dev/full'))('an output that cannot be written is a failure (needs /dev/full)', async () => {
    const command = `printf '{"endpoint":"h","database":"d","user":"u","auth":{"type":"iam"}}' | ${[process.execPath, ...CLI].join(' ')} config validate - > /dev/full`;
    const child = spawn('sh', ['-c', command], { cwd: ROOT, env: cliEnvironment({}) });
    const [err, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect(err).toBe('pool-health: cannot write the output (ENOSPC)\n');
    expect(code).toBe(1);
  });
});

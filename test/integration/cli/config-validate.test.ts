import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../support/cli.js';

const ORDERS = {
  endpoint: 'db.internal.example',
  database: 'orders',
  user: 'pool_health',
  auth: { type: 'iam' },
  pool: { max: 15 },
  instances: 4,
};

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cli-test-'));
});
afterAll(() => rm(directory, { recursive: true }));

describe('config validate', () => {
  it('shows of a valid file what is in force, but not where it connects', async () => {
    const file = join(directory, 'orders.json');
    await writeFile(file, JSON.stringify(ORDERS));
    const { code, out, err } = await runCli(['config', 'validate', file]);
    expect(out).toMatch(/^valid\n/);
    expect(out).toMatch(/^pool\.min +5$/m);
    expect(out).toMatch(/^pool\.max +15$/m);
    expect(out).toMatch(/^instances +4, at most 60 connections in total$/m);
    expect(out).not.toContain('internal.example');
    expect([code, err]).toEqual([0, '']);
  });

  it('takes the standard input for -', async () => {
    const { code, out } = await runCli(['config', 'validate', '-'], { input: JSON.stringify(ORDERS) });
    expect(out).toMatch(/^valid\n/);
    expect(code).toBe(0);
  });

  it('says what is odd but accepted', async () => {
    const input = JSON.stringify({ ...ORDERS, pool: { max: 120 } });
    const { code, out } = await runCli(['config', 'validate', '-'], { input });
    expect(out).toContain('warning: pool.max (120) is above 100');
    expect(code).toBe(0);
  });

  it('lists every mistake on a line of its own', async () => {
    const input = JSON.stringify({ ...ORDERS, port: 0, usr: 'x', pool: { min: 30, max: 20 } });
    const { code, out } = await runCli(['config', 'validate', '-', '--pool', 'a b'], { input });
    expect(out.split('\n').map((line) => line.replace(/, .*/, ''))).toEqual([
      `a pool's name must be 1 to 64 letters`,
      'port must be a whole number from 1 to 65535',
      'unknown key "usr"',
      'pool.min (30) cannot be greater than pool.max (20)',
      '',
    ]);
    expect(code).toBe(1);
  });

  it.each(['', '{', 'null', '[]', '"postgres://app:secret@host/db"'])(
    '%j is no definition, and is not shown',
    async (input) => {
      const { code, out, err } = await runCli(['config', 'validate', '-'], { input });
      expect(out).toMatch(/^[^\n]+\n$/);
      expect(out + err).not.toContain('secret');
      expect(code).toBe(1);
    },
  );

  it.each(['no-such-file', '.'])('%s cannot be read: exit code 2', async (file) => {
    const { code, out, err } = await runCli(['config', 'validate', join(directory, file)]);
    expect(err).toMatch(/^pool-health: cannot read the definition \(E\w+\)[^\n]+\n$/);
    expect([code, out]).toEqual([2, '']);
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CLI_ENVIRONMENT } from '../../../functions/core/environment.js';
import { runHere } from '../../support/cli.js';

const guide = readFileSync(new URL('../../../docs/operate/cli.md', import.meta.url), 'utf8');

async function help(...command: readonly string[]): Promise<string> {
  const { code, out } = await runHere([...command, '--help']);
  expect(code).toBe(0);
  return out;
}

/** The commands that a help lists, and those below them. */
async function commands(...above: readonly string[]): Promise<string[][]> {
  const [, list = ''] = /\nCommands:\n((?: {2}.*\n)+)/.exec(await help(...above)) ?? [];
  const names = [...list.matchAll(/^ {2}([a-z]+)/gm)].map(([, name = '']) => [...above, name]);
  return [...names, ...(await Promise.all(names.map((name) => commands(...name)))).flat()];
}

describe('docs/operate/cli.md', () => {
  it('has the help of every command, as it is', async () => {
    const all = [[], ...(await commands())];
    expect(all.map((command) => command.join(' ')).sort()).toEqual(
      ['', 'check', 'config', 'config validate', 'doctor', 'setup', 'watch'].sort(),
    );
    for (const command of all) {
      expect(guide).toContain(`\`\`\`text\n${await help(...command)}\`\`\``);
    }
  });

  it('every command that does something has examples and says its exit codes', async () => {
    for (const command of (await commands()).filter(([name, below]) => name !== 'config' || below)) {
      const text = await help(...command);
      expect(text).toContain('\nExamples:\n');
      expect(text).toMatch(/\nExit codes: 0 /);
    }
  });

  it('every help fits a terminal of 120 characters', async () => {
    for (const command of [[], ...(await commands())]) {
      const widest = Math.max(...(await help(...command)).split('\n').map((line) => line.length));
      expect(widest).toBeLessThanOrEqual(120);
    }
  });

  it('names the variables of the command line', () => {
    for (const name of Object.keys(CLI_ENVIRONMENT)) {
      expect(guide).toContain(name);
    }
  });
});

import { afterAll, beforeAll, expect, it } from 'vitest';
import { NpmStart } from '../support/npm-start.js';
import { ROOT } from '../tools/root.js';
import { allBlocks } from './markdown.js';
import { bash } from './shell.js';

/** Every command that asks a pool, asked as it stands of a running `npm start`; only the port is another. */
let start: NpmStart;
let address: string;

beforeAll(async () => {
  start = await NpmStart.launch();
  address = new URL(await start.ready()).host;
});
afterAll(() => start?.discard());

const blocks = allBlocks().filter(({ language, mark }) => language === 'sh' && mark === '');
const commands = blocks.flatMap(({ file, line, text }) =>
  text
    .trim()
    .split('\n')
    .map((command, index) => [`${file}:${line + 1 + index}`, command] as const),
);

it.each(commands)('%s answers: %s', async (_, command) => {
  const { code, stdout, stderr } = await bash(command.replaceAll('localhost:3000', address), { cwd: ROOT });
  expect({ code, stderr: stderr.replaceAll(/^\s*(% Total|Dload|[\d-]).*\n?/gm, '').trim() }).toEqual({
    code: 0,
    stderr: '',
  });
  const isFilter = command.includes('.problems[]');
  expect(stdout.trim() !== '' || isFilter).toBe(true);
  expect(stdout.trim()).not.toBe('null');
});

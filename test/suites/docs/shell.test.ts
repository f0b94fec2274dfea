import { afterAll, beforeAll, expect, it } from 'vitest';
import { allBlocks, blocksOf } from '../../support/markdown.js';
import { NpmStart } from '../../support/npm-start.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { ROOT } from '../../tools/root.js';
import { bash } from './shell.js';

/** Every command that asks a pool or a database, as it stands, of a running `npm start` and a server; only ports are others. */
let start: NpmStart;
let address: string;
let server: TestServer;

beforeAll(async () => {
  start = await NpmStart.launch();
  address = new URL(await start.ready()).host;
  server = await startTestServer();
  await server.sql(roleOfTheCheck?.text ?? '');
  await server.sql("ALTER ROLE pool_health PASSWORD 'password'");
  await server.createDatabase('orders');
});
afterAll(async () => {
  await start?.discard();
  await server?.close();
});

const roleOfTheCheck = blocksOf('docs/poolers.md').find(({ language }) => language === 'sql');

/** What the programs say beside their answer: progress of curl, and npm about the machine's own settings. */
const NOISE = /^(\s*% Total|\s*Dload|\s*[\d-]+ .*--:--|npm warn|$).*\n?/gm;

function withoutNoise(stderr: string): string {
  return stderr.replaceAll('\r', '\n').replaceAll(NOISE, '');
}

const marked = (wanted: string) => allBlocks().filter(({ language, mark }) => language === 'sh' && mark === wanted);
const blocks = marked('');
const commands = blocks.flatMap(({ file, line, text }) =>
  text
    .trim()
    .split('\n')
    .map((command, index) => [`${file}:${line + 1 + index}`, command] as const),
);

it.each(commands)('%s answers: %s', async (_, command) => {
  const { code, stdout, stderr } = await bash(command.replaceAll('localhost:3000', address), { cwd: ROOT });
  expect({ code, stderr: withoutNoise(stderr) }).toEqual({ code: 0, stderr: '' });
  const isFilter = command.includes('.problems[]');
  expect(stdout.trim() !== '' || isFilter).toBe(true);
  expect(stdout.trim()).not.toBe('null');
});

it.each(marked('database').map(({ file, line, text }) => [`${file}:${line}`, text] as const))(
  '%s finds nothing wrong with a database that is set up as the documents say: %s',
  async (_, text) => {
    const script = text.replaceAll('localhost:5432', `127.0.0.1:${server.postgres.port}`);
    const { code, stdout, stderr } = await bash(script, { cwd: ROOT });
    expect({ code, stderr: withoutNoise(stderr), stdout }).toMatchObject({ code: 0, stderr: '' });
  },
);

/** `npm run bench`: all parts in their order, or those that are named. Ratios of one run count; times are the machine's. */
import { cpus } from 'node:os';
import { Argument, Command } from 'commander';
import { coldStart } from './cold-start.js';
import { cost } from './cost.js';
import { checked, writeFigures } from './document.js';
import { get } from './get.js';
import { manyPools } from './many-pools.js';
import type { Part } from './part.js';
import { toMarkdown } from './table.js';
import { warmCheck } from './warm-check.js';

const PARTS: readonly Part[] = [coldStart, warmCheck, get, manyPools, cost];

interface Options {
  readonly quick?: boolean;
  readonly write?: boolean;
}

// An exit takes servers along, a signal alone does not.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => process.exit(1));
}
const names = PARTS.map(({ name }) => name);
await new Command('npm run bench --')
  .description('Measures pool-health beside what a user would run instead.')
  .addArgument(new Argument('[parts...]', PARTS.map(({ name, what }) => `${name}: ${what}`).join('; ')).choices(names))
  .option('--quick', 'fewer and smaller cases, in about a minute')
  .option('--write', 'write the tables into docs/performance.md')
  .action((wanted: string[], options: Options) => bench(wanted, options))
  .parseAsync();

async function bench(wanted: readonly string[], { quick = false, write = false }: Options): Promise<void> {
  if (write) {
    checked(names);
  }
  const date = new Date().toISOString().slice(0, 10);
  const machine = `${date}, ${cpus().length} processors, ${process.platform} ${process.arch}, Node ${process.version}`;
  console.log(machine);
  for (const { name, what, measure } of PARTS.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    console.log(`\n## ${name}: ${what}\n`);
    const startedAt = performance.now();
    const text = (await measure(quick)).map(toMarkdown).join('\n\n');
    console.log(`${text}\n\n(took ${Math.round((performance.now() - startedAt) / 1_000)} s)`);
    if (write) {
      writeFigures(name, `${quick ? 'A quick look' : 'Measured'} on ${machine}.\n\n${text}`);
    }
  }
}

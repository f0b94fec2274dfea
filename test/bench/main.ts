/**
 * `npm run bench`: all parts in their order, or those that are named; with `--against`, the bundles of another commit beside
 * those of the working tree. Ratios of one run count; times are the machine's.
 */
import { cpus } from 'node:os';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { measureAgainst } from './against.js';
import { coldStart } from './cold-start.js';
import { comparisonTable, DEFAULT_LIMITS } from './comparison.js';
import { cost } from './cost.js';
import { checked, writeFigures } from './document.js';
import { get } from './get.js';
import { manyPools } from './many-pools.js';
import type { Part } from './part.js';
import { toMarkdown } from './table.js';
import { warmCheck } from './warm-check.js';
import { builtCommit } from './worktree.js';

const PARTS: readonly Part[] = [coldStart, warmCheck, get, manyPools, cost];

interface Options {
  readonly quick?: boolean;
  readonly write?: boolean;
  readonly against?: string;
  readonly limit: number;
  readonly bytesLimit: number;
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
  .option('--write', 'write the tables into docs/internals/performance.md')
  .addOption(
    new Option(
      '--against <commit>',
      'compare the bundles of a commit with those of the working tree, nothing else',
    ).conflicts(['quick', 'write']),
  )
  .option('--limit <ratio>', 'with --against: the largest ratio of times, new to old', ratio, DEFAULT_LIMITS.time)
  .option('--bytes-limit <ratio>', 'with --against: the same of bundle bytes', ratio, DEFAULT_LIMITS.bytes)
  .action((wanted: string[], options: Options) => {
    const date = new Date().toISOString().slice(0, 10);
    const machine = `${date}, ${cpus().length} processors, ${process.platform} ${process.arch}, Node ${process.version}`;
    console.log(machine);
    return options.against === undefined ? bench(wanted, machine, options) : against(options.against, options);
  })
  .parseAsync();

function ratio(text: string): number {
  const value = Number(text);
  if (!(value > 0)) {
    throw new InvalidArgumentError('A ratio is a number above 0, such as 1.05.');
  }
  return value;
}

async function against(commit: string, { limit, bytesLimit }: Options): Promise<void> {
  const limits = { time: limit, bytes: bytesLimit };
  const old = builtCommit(commit);
  console.log(`\n## against: ${old.label}\n`);
  const lines = await measureAgainst(old, limits);
  console.log(toMarkdown(comparisonTable(lines, limits)));
  process.exitCode = lines.some(({ isBeyondLimit }) => isBeyondLimit) ? 1 : 0;
}

async function bench(
  wanted: readonly string[],
  machine: string,
  { quick = false, write = false }: Options,
): Promise<void> {
  if (write) {
    checked(names);
  }
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

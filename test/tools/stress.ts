/**
 * Runs tests where a machine is busy: twice beside two loops that take all the processor they can get, and once while the
 * run is stopped for 1.2 s in every 4.2 s. Arguments go to Vitest. Ends with the first run that fails, and with its code.
 *
 *   npm run test:stress                                        all that `npm test` runs, about three times as long
 *   npm run test:stress -- --only=stops test/connection        one kind of run, and some of the tests
 *   npm run test:stress -- --project faults                    another suite
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

const LOOPS = 2;
const RUN_MS = 3_000;
const STOP_MS = 1_200;
/** Counts, and looks whether the process that started it is still there: a loop never outlives it. */
const LOOP = 'while kill -0 "$1"; do i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done; done';
/** Stops a process group for a while. It goes on even if the process that started this ends meanwhile. */
const STOP = 'kill -STOP "-$1" && { sleep "$2"; kill -CONT "-$1"; }';

type Kind = 'busy' | 'stops';
const RUNS: readonly Kind[] = ['busy', 'busy', 'stops'];

const ownArguments = process.argv.slice(2).filter((argument) => argument.startsWith('--only='));
const vitestArguments = process.argv.slice(2).filter((argument) => !argument.startsWith('--only='));
const only = ownArguments.map((argument) => argument.slice('--only='.length));
const unknown = only.filter((kind) => !RUNS.includes(kind as Kind));
if (unknown.length > 0) {
  console.error(`--only must be busy or stops, received ${unknown.join()}`);
  process.exit(2);
}

const children = new Set<ChildProcess>();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(1));
}
process.once('exit', () => {
  for (const child of children) {
    signalGroup(child, 'SIGCONT');
    signalGroup(child, 'SIGTERM');
  }
});

const runs = RUNS.filter((kind) => only.length === 0 || only.includes(kind));
for (const [index, kind] of runs.entries()) {
  console.log(`\nRun ${index + 1} of ${runs.length}: ${kind === 'busy' ? 'beside busy loops' : 'with stops'}`);
  const code = await (kind === 'busy' ? runBesideLoops() : runWithStops());
  if (code !== 0) {
    process.exit(code);
  }
}

async function runBesideLoops(): Promise<number> {
  const loops = Array.from({ length: LOOPS }, () => start('sh', ['-c', LOOP, 'loop', String(process.pid)], 'ignore'));
  try {
    return await codeOf(startTests());
  } finally {
    for (const loop of loops) {
      signalGroup(loop, 'SIGTERM');
    }
  }
}

async function runWithStops(): Promise<number> {
  const tests = startTests();
  const code = codeOf(tests);
  while (tests.exitCode === null && tests.signalCode === null) {
    await Promise.race([code, pause(RUN_MS)]);
    if (tests.exitCode === null && tests.signalCode === null) {
      await codeOf(start('sh', ['-c', STOP, 'stop', String(tests.pid), String(STOP_MS / 1_000)], 'ignore'));
    }
  }
  return await code;
}

function startTests(): ChildProcess {
  if (vitestArguments.some((argument) => argument.startsWith('--project'))) {
    return start('npx', ['vitest', 'run', ...vitestArguments], 'inherit');
  }
  // A part of the tests does not reach the coverage that all of them have to.
  const more = vitestArguments.length > 0 ? ['--', '--coverage.enabled=false', ...vitestArguments] : [];
  return start('npm', ['test', ...more], 'inherit');
}

/** Starts a program in a process group of its own. */
function start(program: string, args: readonly string[], stdio: 'inherit' | 'ignore'): ChildProcess {
  const child = spawn(program, args, { stdio, detached: true });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

async function codeOf(child: ChildProcess): Promise<number> {
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-Number(pid), signal);
  } catch {
    // It has ended already.
  }
}

import { CommanderError } from 'commander';
import { Failure, UsageError } from './errors.js';
import type { Terminal } from './output/terminal.js';
import { program } from './program.js';
import { mistake } from './usage-message.js';

/**
 * Runs a command line. Resolves to the exit code: 0 all is well, 1 it is not, 2 the command was not understood. Never
 * throws: what goes wrong is said on one line.
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  let code = 0;
  try {
    const root = program(terminal, (result) => {
      code = result;
    });
    await root.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return explain(error, terminal, args.includes('--debug'));
  }
}

function explain(error: unknown, { complain, writeError }: Terminal, withStack: boolean): number {
  if (error instanceof CommanderError) {
    const isAnswered = error.exitCode === 0 || error.code === 'commander.help';
    if (!isAnswered) {
      complain(`${mistake(error)}; see --help`);
    }
    return error.exitCode === 0 ? 0 : 2;
  }
  if (error instanceof UsageError) {
    complain(...error.lines);
    return 2;
  }
  if (withStack) {
    writeError(`${error instanceof Error ? error.stack : String(error)}\n`);
  }
  const name = error instanceof Error ? error.name : typeof error;
  complain(error instanceof Failure ? error.message : `unexpected failure (${name}); --debug shows where`);
  return 1;
}

import { CommanderError } from 'commander';
import { Failure, UsageError } from './errors.js';
import type { Terminal } from './output/terminal.js';
import { program } from './program.js';

/** A word that is safe to print: no option value, nothing like a URL. */
const SAFE_WORD = /^(--?)?[A-Za-z][A-Za-z-]{0,30}$/;

/**
 * Runs a command line. Resolves to the exit code: 0 success, 1 failure or unhealthy, 2 invalid usage. Never throws: every
 * error is printed on one line.
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
    return report(error, terminal, args.includes('--debug'));
  }
}

function report(error: unknown, { complain, writeError }: Terminal, withStack: boolean): number {
  if (error instanceof CommanderError) {
    const isHelp = error.exitCode === 0 || error.code === 'commander.help';
    if (!isHelp) {
      complain(`${usageMessage(error)}; see --help`);
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
  complain(error instanceof Failure ? error.message : `unexpected error (${name}); --debug shows the stack`);
  return 1;
}

/** Commander's message on one line. Repeats the user's words only if they cannot be a credential. */
function usageMessage({ message }: CommanderError): string {
  const [first = ''] = message.replace(/^error: /, '').split('\n(Did you mean');
  const hint = /\n(\(Did you mean [^()]*\))$/.exec(message)?.[1] ?? '';
  const [whole, written = ''] = /'(.*)'/s.exec(first) ?? [];
  const isOwn = /^option '--[a-z]+ <[a-z]+>'/.test(first);
  const name = written.split('=')[0] ?? '';
  const shown =
    isOwn || whole === undefined
      ? first
      : first.replace(whole, () => (SAFE_WORD.test(name) ? `'${name}'` : '(not shown)'));
  return [shown.replaceAll('\n', ' ').replace(/\.$/, ''), hint].filter((part) => part !== '').join(' ');
}

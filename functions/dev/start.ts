/** `npm start`: parses the command and runs it until a signal, or until the reader of its output is gone. */
import { monotonicMs } from '../time/moment.js';
import { LocalRun } from './local-run.js';
import { type Command, readCommand } from './options.js';

/** Ctrl-C reaches this process twice, from the terminal and from npm: only a later signal forces the exit. */
const FORCE_EXIT_AFTER_MS = 500;

type RunCommand = Extract<Command, { readonly kind: 'run' }>;

const command = readCommand(process.argv.slice(2), process.env);
if (command.kind === 'run') {
  await run(command);
} else if (command.kind === 'help') {
  console.log(command.text);
} else {
  console.error(command.text);
  process.exitCode = 2;
}

async function run({ port, metricsFile, namespace, hosts }: RunCommand): Promise<void> {
  const local = new LocalRun({
    port,
    metricsFile,
    namespace,
    hosts,
    environment: process.env,
    say: (text) => console.log(text),
  });
  let stopAt: number | null = null;
  const stop = (): void => {
    if (stopAt === null) {
      stopAt = monotonicMs();
      void end(local, 0);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopAt !== null && monotonicMs() > stopAt + FORCE_EXIT_AFTER_MS) {
        process.exit(1);
      }
      stop();
    });
  }
  process.stdout.on('error', stop);
  process.stderr.on('error', stop);
  try {
    await local.run();
  } catch (error) {
    console.error(explain(error, port));
    await end(local, 1);
  }
}

/** Exits even if something keeps the process alive, for example a check that waits for a response. */
async function end(local: LocalRun, code: number): Promise<never> {
  try {
    await local.stop();
  } finally {
    process.exit(code);
  }
}

function explain(error: unknown, port: number): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is taken. Stop what uses it, or choose another one: PORT=${port === 65_535 ? 3000 : port + 1} npm start`;
    case 'EACCES':
      return `Port ${port} may not be used by this user. Choose another one: PORT=3000 npm start`;
    default:
      return message;
  }
}

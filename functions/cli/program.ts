import { Command, Option } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { SESSIONS_PER_POOL } from '../core/check-role.js';
import type { DoctorOptions } from './commands/doctor.js';
import type { SetupOptions } from './commands/setup.js';
import type { WatchOptions } from './commands/watch.js';
import { CHECK_HELP, DOCTOR_HELP, ROOT_HELP, SETUP_HELP, VALIDATE_HELP, WATCH_HELP } from './output/help.js';
import type { Terminal } from './output/terminal.js';
import type { SourceOptions } from './sources/source.js';

/**
 * The commands, their options and their help. What a command needs is loaded when it runs, so that help is quick.
 *
 * @param done gets the exit code of the command that ran
 */
export function program(terminal: Terminal, done: (code: number) => void): Command {
  const root = new Command('pool-health')
    .description('How full is the PostgreSQL connection pool, and which side is full?')
    .version(manifest.version)
    .option('--debug', 'show the stack when something fails unexpectedly')
    .exitOverride()
    // Whoever runs the program says what is wrong, on one line and without what may be a password.
    .configureOutput({
      writeOut: terminal.write,
      writeErr: terminal.writeError,
      outputError: () => undefined,
      getOutHelpWidth: () => (terminal.isInteractive ? terminal.columns : 80),
    })
    .helpCommand(false)
    .addHelpText('after', ROOT_HELP);

  looking(root.command('check'))
    .description('Look once at the pool of a database, or at a deployed pool, and say how it is.')
    .option('--json', 'print the JSON of GET /health/pool instead of a table')
    .addHelpText('after', CHECK_HELP)
    .action(async (options: SourceOptions & { json?: boolean }) => {
      const { check } = await import('./commands/check.js');
      done(await check(options, terminal));
    });

  looking(root.command('watch'))
    .description('Look again and again: live on a terminal, a line for each check in a pipe or a file.')
    .option('--interval <seconds>', 'from the beginning of a check to that of the next', '5')
    .addHelpText('after', WATCH_HELP)
    .action(async (options: WatchOptions) => {
      const { watch } = await import('./commands/watch.js');
      done(await watch(options, terminal));
    });

  root
    .command('doctor')
    .description(
      'Compare settings, server and managed pool: what is wrong, and the statement or setting that mends it.',
    )
    .option('--url <url>', 'postgres:// URL of the database instead of DATABASE_URL')
    .option('--definition <file>', 'the definition of the pool, to compare and for its instances')
    .option('--json', 'print the findings as JSON')
    .addHelpText('after', DOCTOR_HELP)
    .action(async (options: DoctorOptions) => {
      const { doctor } = await import('./commands/doctor.js');
      done(await doctor(options, terminal));
    });

  root
    .command('setup')
    .description('Print the SQL that makes the role of the check, or run it. It may be run again at any time.')
    .option('--user <name>', 'the role', 'pool_health')
    .option(
      '--connection-limit <number>',
      'sessions it may have: ten for each pool that it watches',
      `${SESSIONS_PER_POOL}`,
    )
    .option('--iam', 'let it log in with IAM (RDS and Aurora), which makes a password fail')
    .option('--database <name>', 'also grant it CONNECT on this database, where that was taken from PUBLIC')
    .option('--run', 'run it in one transaction, as the administrator of DATABASE_URL, and say what it changed')
    .option('--url <url>', 'with --run: the postgres:// URL of the administrator instead of DATABASE_URL')
    .addHelpText('after', SETUP_HELP)
    .action(async (options: SetupOptions) => {
      const { setup } = await import('./commands/setup.js');
      done(await setup(options, terminal));
    });

  const config = root
    .command('config')
    .helpCommand(false)
    .description('Work with the definition of a pool (the JSON of its SSM parameter).');
  config
    .command('validate')
    .description('List every mistake in a definition, one a line, or what is in force with it.')
    .argument('<file>', 'the definition, or - for the standard input')
    .option('--pool <name>', 'the name of the pool, which is validated too', 'pool')
    .addHelpText('after', VALIDATE_HELP)
    .action(async (file: string, options: { pool: string }) => {
      const { validate } = await import('./commands/config-validate.js');
      done(await validate(file, options, terminal));
    });

  return root;
}

/** Adds what all commands that look at a pool take. */
function looking(command: Command): Command {
  const url = new Option('--url <url>', 'postgres:// URL of the database instead of DATABASE_URL').conflicts('api');
  return command
    .addOption(url)
    .option('--api <url>', 'the deployed pool instead: the output ApiUrl of the deployment')
    .option('--pool <name>', 'with --api: this pool instead of the worst')
    .option('--sign', 'with --api: sign the request with AWS credentials, for an API with "apiAuth": "iam"');
}

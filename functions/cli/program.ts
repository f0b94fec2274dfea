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
 * The commands, their options and their help. The code of a command is loaded only when it runs, which makes help fast.
 *
 * @param done receives the exit code of the command
 */
export function program(terminal: Terminal, done: (code: number) => void): Command {
  const root = new Command('pool-health')
    .description('Shows how full a PostgreSQL connection pool is, and which layer is full.')
    .version(manifest.version)
    .option('--debug', 'print the stack of an unexpected error')
    .exitOverride()
    // `run` prints the error, on one line and without anything that may be a password.
    .configureOutput({
      writeOut: terminal.write,
      writeErr: terminal.writeError,
      outputError: () => undefined,
      getOutHelpWidth: () => (terminal.isInteractive ? terminal.columns : 80),
    })
    .helpCommand(false)
    .addHelpText('after', ROOT_HELP);

  withSource(root.command('check'))
    .description('Check the pool of a database, or a deployed pool, once.')
    .option('--json', 'print the JSON of GET /health/pool instead of a table')
    .addHelpText('after', CHECK_HELP)
    .action(async (options: SourceOptions & { json?: boolean }) => {
      const { check } = await import('./commands/check.js');
      done(await check(options, terminal));
    });

  withSource(root.command('watch'))
    .description('Check repeatedly: a live screen on a terminal, one line per check in a pipe or file.')
    .option('--interval <seconds>', 'time from the start of one check to the start of the next', '5')
    .addHelpText('after', WATCH_HELP)
    .action(async (options: WatchOptions) => {
      const { watch } = await import('./commands/watch.js');
      done(await watch(options, terminal));
    });

  root
    .command('doctor')
    .description('Compare settings, server and pooler; print problems and the statement or setting that fixes each.')
    .option('--url <url>', 'postgres:// URL of the database instead of DATABASE_URL')
    .option('--definition <file>', 'the definition of the pool, to compare with the settings here')
    .option('--json', 'print the findings as JSON')
    .addHelpText('after', DOCTOR_HELP)
    .action(async (options: DoctorOptions) => {
      const { doctor } = await import('./commands/doctor.js');
      done(await doctor(options, terminal));
    });

  root
    .command('setup')
    .description('Print the SQL that creates the role of the check, or run it. Running it again is safe.')
    .option('--user <name>', 'name of the role', 'pool_health')
    .option(
      '--connection-limit <number>',
      'sessions that the role may open: ten for each monitored pool',
      `${SESSIONS_PER_POOL}`,
    )
    .option('--iam', 'log in with IAM (RDS and Aurora); passwords then stop working')
    .option('--database <name>', 'also grant CONNECT on this database, needed if CONNECT was revoked from PUBLIC')
    .option('--run', 'run it in one transaction as the administrator of DATABASE_URL, and print the changes')
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
    .description('List every mistake in a definition, one a line, or the values in force.')
    .argument('<file>', 'the definition, or - for standard input')
    .option('--pool <name>', 'name of the pool, which is validated too', 'pool')
    .addHelpText('after', VALIDATE_HELP)
    .action(async (file: string, options: { pool: string }) => {
      const { validate } = await import('./commands/config-validate.js');
      done(await validate(file, options, terminal));
    });

  return root;
}

/** Adds the options of every command that checks a pool. */
function withSource(command: Command): Command {
  const url = new Option('--url <url>', 'postgres:// URL of the database instead of DATABASE_URL').conflicts('api');
  return command
    .addOption(url)
    .option('--api <url>', 'check a deployed pool instead: the output ApiUrl of the deployment')
    .option('--pool <name>', 'with --api: this pool instead of the worst')
    .option('--sign', 'with --api: sign the request with AWS credentials, for an API with "apiAuth": "iam"');
}

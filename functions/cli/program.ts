import { Command, Option } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { SESSIONS_PER_POOL } from '../contract/check-role-sql.js';
import type { DoctorOptions } from './doctor.js';
import type { SourceOptions } from './look.js';
import type { SetupOptions } from './setup.js';
import type { Terminal } from './terminal.js';
import type { WatchOptions } from './watch.js';

const EXIT_CODES = `
Exit codes: 0 healthy, 1 unhealthy or nobody could be asked, 2 a mistake in the command, the URL or the settings.`;

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
    .configureOutput({ writeOut: terminal.write, writeErr: terminal.writeError, outputError: () => undefined })
    .helpCommand(false)
    .addHelpText(
      'after',
      '\nColours: where the output is a terminal; NO_COLOR=1 takes them away, FORCE_COLOR=1 keeps them.',
    );

  looking(root.command('check'))
    .description('Look once at the pool of a database, or at a deployed pool, and say how it is.')
    .option('--json', 'print the JSON of GET /health/pool instead of a table')
    .addHelpText(
      'after',
      `
Without --url and --api the database is that of DATABASE_URL. Prefer it to --url: others on this machine can read
command lines. DATABASE_POOL_*, NODE_ENV and POOL_HEALTH_* mean what they mean for npm start.

Examples:
  DATABASE_URL=postgres://check:secret@localhost:5432/shop pool-health check
  pool-health check --api https://id.execute-api.eu-central-1.amazonaws.com/health/pool --pool orders
  pool-health check --json | jq .utilization.percent
${EXIT_CODES}`,
    )
    .action(async (options: SourceOptions & { json?: boolean }) => {
      const { check } = await import('./check.js');
      done(await check(options, terminal));
    });

  looking(root.command('watch'))
    .description('Look again and again: live on a terminal, a line for each check in a pipe or a file.')
    .option('--interval <seconds>', 'from the beginning of a check to that of the next', '5')
    .addHelpText(
      'after',
      `
Ctrl-C ends it and closes the connection. A check that fails is shown like any other and does not end it.

Examples:
  DATABASE_URL=postgres://check:secret@localhost:5432/shop pool-health watch
  pool-health watch --interval 60 >> pool.log
  pool-health watch --api https://id.execute-api.eu-central-1.amazonaws.com/health/pool

Exit codes: 0 ended by Ctrl-C or by whoever read the lines, 2 a mistake in the command, the URL or the settings.`,
    )
    .action(async (options: WatchOptions) => {
      const { watch } = await import('./watch.js');
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
    .addHelpText(
      'after',
      `
It looks at DATABASE_POOL_*, NODE_ENV and the definition; at the slots and limits of server, database and role, its
grant and time-outs, TLS; at PgBouncer's console where it answers. It changes nothing. POOL_HEALTH_SHARED_USER=false
says that the role is only the check's.

Examples:
  DATABASE_URL=postgres://app:secret@localhost:5432/shop DATABASE_POOL_MAX=20 pool-health doctor
  pool-health doctor --definition orders.json
  pool-health doctor --json | jq -r '.findings[] | select(.mend.kind == "sql") | .mend.text'

Exit codes: 0 nothing to mend, 1 something to mend, 2 a mistake in the command or the URL.`,
    )
    .action(async (options: DoctorOptions) => {
      const { doctor } = await import('./doctor.js');
      done(await doctor(options, terminal));
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
    .addHelpText(
      'after',
      `
Examples:
  pool-health config validate orders.json
  aws ssm get-parameter --name /pool-health/orders --query Parameter.Value --output text | pool-health config validate -

Exit codes: 0 valid, 1 not valid, 2 the file cannot be read or another mistake in the command.`,
    )
    .action(async (file: string, options: { pool: string }) => {
      const { validate } = await import('./config-validate.js');
      done(await validate(file, options, terminal));
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
    .addHelpText(
      'after',
      `
With --run the password of the role is that of the variable POOL_HEALTH_ROLE_PASSWORD, if it is set; the server gets
its SCRAM verifier only. Without, the password stays as it is.

Examples:
  pool-health setup | psql "$ADMIN_URL"
  pool-health setup --iam --user pool_health_orders
  DATABASE_URL=$ADMIN_URL POOL_HEALTH_ROLE_PASSWORD=$(openssl rand -hex 16) pool-health setup --run

Exit codes: 0 printed or done, 1 not done (nothing is changed then), 2 a mistake in the command or the URL.`,
    )
    .action(async (options: SetupOptions) => {
      const { setup } = await import('./setup.js');
      done(await setup(options, terminal));
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

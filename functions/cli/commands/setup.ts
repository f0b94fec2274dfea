import { sqlName } from '../../core/check-role.js';
import { isName } from '../../core/pool-definition.js';
import { UsageError } from '../errors.js';
import type { Terminal } from '../output/terminal.js';
import { type Setup, statements } from '../setup/role.js';

export interface SetupOptions {
  readonly user: string;
  readonly connectionLimit: string;
  readonly iam?: boolean;
  readonly database?: string;
  readonly run?: boolean;
  readonly url?: string;
}

/**
 * `pool-health setup`: prints the SQL that creates the check's role, or runs it. Resolves to the exit code 0.
 *
 * @throws UsageError with every mistake at once
 * @throws Failure if the SQL failed; the message says whether anything was changed
 */
export async function setup(options: SetupOptions, { environment, say, write }: Terminal): Promise<number> {
  const wanted = read(options);
  if (!options.run) {
    if (options.url !== undefined) {
      throw new UsageError('--url needs --run: without --run the SQL is only printed');
    }
    write(
      statements(wanted)
        .map((statement) => `${statement};\n`)
        .join(''),
    );
    say(...(options.iam ? [] : [passwordHint(wanted)]));
    return 0;
  }
  const { runSetup } = await import('../setup/run.js');
  say(...(await runSetup(wanted, options, environment)));
  return 0;
}

function passwordHint({ role }: Setup): string {
  return `-- A new role has no password yet. Set it in psql, which does not echo it: \\password ${sqlName(role.user)}`;
}

function read({ user, connectionLimit, iam, database }: SetupOptions): Setup {
  const isLimit = /^[1-9]\d{0,4}$/.test(connectionLimit);
  const mistakes = [
    ...(isName(user) ? [] : ['--user must be a name of 1 to 63 bytes without control characters']),
    ...(isLimit ? [] : ['--connection-limit must be a whole number from 1 to 99999']),
    ...(database === undefined || isName(database)
      ? []
      : ['--database must be a name of 1 to 63 bytes without control characters']),
  ];
  if (mistakes.length > 0) {
    throw new UsageError(...mistakes);
  }
  const role = { user, connectionLimit: Number(connectionLimit), withRdsIam: iam === true };
  return { role, database: database ?? null };
}

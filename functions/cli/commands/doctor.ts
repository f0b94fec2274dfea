import { readFile } from 'node:fs/promises';
import { databaseVariables } from '../../compose/variables.js';
import type { Finding } from '../../core/finding.js';
import { findings } from '../doctor/findings.js';
import { gather } from '../doctor/gather.js';
import { UsageError } from '../errors.js';
import type { Paint, Style, Terminal } from '../output/terminal.js';

export interface DoctorOptions {
  readonly url?: string;
  readonly definition?: string;
  readonly json?: boolean;
}

/**
 * `pool-health doctor`: says what is wrong and what mends it, what is fine, and what could not be seen. Resolves to the exit
 * code: 0 nothing is wrong, 1 something is to be mended.
 *
 * @throws UsageError with every mistake at once
 */
export async function doctor(options: DoctorOptions, { environment, say, paint }: Terminal): Promise<number> {
  const variables = await databaseVariables(options, environment);
  if (options.definition !== undefined) {
    variables.POOL_HEALTH_DEFINITION = await read(options.definition);
  }
  const found = findings(await gather(variables, options));
  const mends = found.filter(({ state }) => state === 'wrong').length;
  if (options.json) {
    say(JSON.stringify({ wrong: mends, findings: found }));
  } else {
    say(...found.flatMap((finding) => lines(finding, paint)), '', sum(found));
  }
  return mends === 0 ? 0 : 1;
}

const STYLES: Readonly<Record<Finding['state'], Style>> = { fine: 'green', wrong: 'red', unseen: 'yellow' };
const ABOUT_WIDTH = 21;

function lines({ about, state, text, mend }: Finding, paint: Paint): string[] {
  const first = `${paint(STYLES[state], state.padEnd(6))}  ${about.padEnd(ABOUT_WIDTH)}${text}`;
  return mend ? [first, `        ${`${mend.kind}:`.padEnd(ABOUT_WIDTH)}${mend.text}`] : [first];
}

function sum(found: readonly Finding[]): string {
  const count = (state: Finding['state']) => found.filter((finding) => finding.state === state).length;
  return `${count('wrong')} to mend, ${count('fine')} fine, ${count('unseen')} not seen.`;
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : typeof cause;
    throw new UsageError(`the definition cannot be read (${code}): name a file with --definition`);
  }
}

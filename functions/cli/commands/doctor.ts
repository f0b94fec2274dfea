import { readFile } from 'node:fs/promises';
import type { Finding, Fix } from '../../core/finding.js';
import { findings } from '../doctor/findings.js';
import { gather } from '../doctor/gather.js';
import type { Paint, Style } from '../output/paint.js';
import type { Terminal } from '../output/terminal.js';
import { definitionText, readUrlPool } from '../sources/url-pool.js';

export interface DoctorOptions {
  readonly url?: string;
  readonly definition?: string;
  readonly json?: boolean;
}

/** A finding as `--json` prints it. Scripts rely on these keys and states. A tip is `fine` and has a `mend`. */
export interface JsonFinding {
  readonly about: string;
  readonly state: 'fine' | 'wrong' | 'unseen';
  readonly text: string;
  readonly mend: Fix | null;
}

const JSON_STATES: Readonly<Record<Finding['state'], JsonFinding['state']>> = {
  ok: 'fine',
  tip: 'fine',
  failed: 'wrong',
  unknown: 'unseen',
};
const STYLES: Readonly<Record<Finding['state'], Style>> = {
  ok: 'green',
  tip: 'yellow',
  failed: 'red',
  unknown: 'yellow',
};
const FILE_HINT = 'give the path of a file with --definition';
const STATE_WIDTH = 'unknown'.length;
const ABOUT_WIDTH = 21;

/**
 * `pool-health doctor`: prints what is ok, what could be better, what is wrong with its fix, and what could not be
 * checked. Resolves to the exit code: 0 if nothing failed, 1 otherwise. A tip is no failure.
 *
 * @throws UsageError with every mistake at once
 */
export async function doctor(options: DoctorOptions, { environment, say, paint }: Terminal): Promise<number> {
  const { definition: file } = options;
  const read = file === undefined ? undefined : () => definitionText(() => readFile(file, 'utf8'), FILE_HINT);
  const pool = await readUrlPool(options, environment, read);
  const found = findings(await gather(pool));
  const failures = found.filter(({ state }) => state === 'failed').length;
  if (options.json) {
    say(JSON.stringify({ wrong: failures, findings: found.map(toJson) }));
  } else {
    say(...found.flatMap((finding) => lines(finding, paint)), '', summary(found));
  }
  return failures === 0 ? 0 : 1;
}

function toJson({ about, state, text, fix }: Finding): JsonFinding {
  return { about, state: JSON_STATES[state], text, mend: fix };
}

function lines({ about, state, text, fix }: Finding, paint: Paint): string[] {
  const first = `${paint(STYLES[state], state.padEnd(STATE_WIDTH))}  ${about.padEnd(ABOUT_WIDTH)}${text}`;
  const indent = ' '.repeat(STATE_WIDTH + 2);
  return fix ? [first, `${indent}${`${fix.kind}:`.padEnd(ABOUT_WIDTH)}${fix.text}`] : [first];
}

function summary(found: readonly Finding[]): string {
  const count = (state: Finding['state']) => found.filter((finding) => finding.state === state).length;
  const tips = count('tip') === 1 ? '1 tip' : `${count('tip')} tips`;
  return `${count('failed')} failed, ${tips}, ${count('ok')} ok, ${count('unknown')} unknown.`;
}

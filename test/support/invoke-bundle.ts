import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { getEvent } from './events.js';

/** A function is frozen after its answer, with its connections: it does not end by itself. */
const DRIVER = `
  const [bundle, event] = process.argv.slice(1);
  require(bundle).handler(JSON.parse(event)).then((answer) => {
    process.stdout.write(JSON.stringify(answer), () => process.exit());
  });`;

export interface Answer {
  readonly statusCode: number;
  readonly json: unknown;
}

/**
 * Starts the bundle of a function in a new process, hands it a GET and gives back what it answers.
 *
 * @param folder of its `index.js`
 * @param environment all that the process sees
 */
export async function invokeBundle(
  folder: string,
  routeKey: string,
  environment: Record<string, string>,
): Promise<Answer> {
  const args = ['--eval', DRIVER, folder, JSON.stringify(getEvent(routeKey))];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: environment });
  const { statusCode, body } = JSON.parse(stdout.split('\n').at(-1) ?? '');
  return { statusCode, json: JSON.parse(body) };
}

import * as v from 'valibot';
import { ContextError } from './context.js';

const MISPLACED = v.object({ 'pool-health': v.unknown() });

/**
 * Checks what only the file itself shows: the CDK passes on what is in `context`, and ignores a key beside it.
 *
 * @param text the content of `cdk.json`
 * @throws ContextError if "pool-health" is at the top level, or the file is not JSON
 */
export function checkCdkJson(text: string): void {
  if (v.is(MISPLACED, parse(text))) {
    throw new ContextError([
      '"pool-health" is at the top level of the file, where the CDK ignores it: move it into "context", as README.md shows',
    ]);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ContextError([`cdk.json is not JSON: ${(error as Error).message}`]);
  }
}

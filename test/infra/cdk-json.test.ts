import { expect, it } from 'vitest';
import { checkCdkJson } from '../../infra/cdk-json.js';
import { ContextError } from '../../infra/context.js';
import { read } from '../support/markdown.js';
import { ATTACH } from '../support/synth.js';

function mistakesIn(text: string): readonly string[] {
  try {
    checkCdkJson(text);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ContextError);
    return (error as ContextError).mistakes;
  }
}

const file = JSON.parse(read('cdk.json'));

it('"pool-health" at the top level of cdk.json is refused: the CDK would ignore it', () => {
  expect(mistakesIn(JSON.stringify({ ...file, 'pool-health': ATTACH }))).toEqual([
    '"pool-health" is at the top level of the file, where the CDK ignores it: move it into "context", as README.md shows',
  ]);
});

it('"pool-health" in the context is accepted', () => {
  expect(mistakesIn(JSON.stringify({ ...file, context: { 'pool-health': ATTACH } }))).toEqual([]);
});

it('the cdk.json of this repository has no mode: nothing is deployed by default', () => {
  expect(mistakesIn(read('cdk.json'))).toEqual([]);
  expect(file.context).toBeUndefined();
});

it('a file that is not JSON is a mistake, not an error of the code', () => {
  expect(mistakesIn('{"app": }')).toEqual([expect.stringMatching(/^cdk\.json is not JSON: /)]);
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { App, NestedStack, Stack } from 'aws-cdk-lib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { templateFiles } from '../../infra/template-files.js';
import { templateMistakes } from '../../infra/template-size.js';
import { ATTACH, emptyApp, stackOf } from '../support/synth.js';

let outdir: string;
beforeAll(() => {
  outdir = mkdtempSync(join(tmpdir(), 'pool-health-templates-'));
});
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

/** An app with a stack and a nested stack, and the paths of their templates. */
function shop() {
  const app = new App({ outdir, analyticsReporting: false });
  new NestedStack(new Stack(app, 'shop'), 'Pools1');
  const files = templateFiles(app);
  const pathOf = (stack: string) => files.find((each) => each.stack === stack)?.path ?? expect.fail(stack);
  return { app, main: pathOf('shop'), nested: pathOf('shop/Pools1') };
}

it('a template that CloudFormation takes is accepted, a larger one is refused with what to do', () => {
  const { app, main, nested } = shop();
  writeFileSync(main, 'x'.repeat(1_000_000));
  expect(templateMistakes(app)).toEqual([]);
  writeFileSync(nested, 'x'.repeat(1_000_001));
  expect(templateMistakes(app)).toEqual([
    `${basename(nested)} has 1000001 bytes, and CloudFormation takes 1000000: set a higher "alarmStack" for some of its pools, best for those that are not deployed yet`,
  ]);
});

it('the template that an earlier synth left behind is not read', () => {
  writeFileSync(join(outdir, 'shopPools2.nested.template.json'), 'x'.repeat(1_000_001));
  expect(templateMistakes(shop().app)).toEqual([]);
});

it('the templates of a deployment are written without indentation', () => {
  const app = emptyApp();
  const [orders, carts, reports] = ATTACH.pools;
  stackOf({ ...ATTACH, pools: [orders, carts, { ...reports, alarmStack: 1 }] }, app);
  const templates = templateFiles(app);
  expect(templates).toHaveLength(2);
  for (const { file, path } of templates) {
    expect(readFileSync(path, 'utf8'), file).not.toContain('\n');
  }
  expect(templateMistakes(app)).toEqual([]);
});

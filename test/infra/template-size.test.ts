import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { templateMistakes } from '../../infra/template-size.js';
import { ATTACH, emptyApp, stackOf } from '../support/synth.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pool-health-templates-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('a template that CloudFormation takes is accepted, a larger one is refused with what to do', () => {
  writeFileSync(join(folder, 'shop.template.json'), 'x'.repeat(1_000_000));
  writeFileSync(join(folder, 'shop.assets.json'), 'x'.repeat(2_000_000));
  expect(templateMistakes(folder)).toEqual([]);
  writeFileSync(join(folder, 'shopPools1.nested.template.json'), 'x'.repeat(1_000_001));
  expect(templateMistakes(folder)).toEqual([
    'shopPools1.nested.template.json has 1000001 bytes, and CloudFormation takes 1000000: set a higher "alarmStack" for some of its pools, best for those that are not deployed yet',
  ]);
});

it('the templates of a deployment are written without indentation', () => {
  const app = emptyApp();
  const [orders, carts, reports] = ATTACH.pools;
  stackOf({ ...ATTACH, pools: [orders, carts, { ...reports, alarmStack: 1 }] }, app);
  const assembly = app.synth();
  const templates = readdirSync(assembly.directory).filter((file) => file.endsWith('.template.json'));
  expect(templates).toHaveLength(2);
  for (const file of templates) {
    expect(readFileSync(join(assembly.directory, file), 'utf8'), file).not.toContain('\n');
  }
  expect(templateMistakes(assembly.directory)).toEqual([]);
});

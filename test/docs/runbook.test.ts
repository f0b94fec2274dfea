import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { blocksOf, DOCUMENTS, read } from '../support/markdown.js';
import { ATTACH, templateOf } from '../support/synth.js';

/** What the commands of the runbook look for is what a deployment has. */
const runbook = read('docs/runbook.md');
let template: Template;
beforeAll(() => {
  template = templateOf(ATTACH);
});

describe('the commands of the runbook', () => {
  const resources = [
    ...[...runbook.matchAll(/resource (AWS::\S+) (\w+)\)/g)].map(([, type, part]) => [type, part]),
    ...[...runbook.matchAll(/`(Functions\w+)`/g)].map(([, part]) => ['AWS::Logs::LogGroup', part]),
  ];

  it.each(resources)('find one %s with %s in its name', (type = '', part = '') => {
    const found = Object.keys(template.findResources(type)).filter((id) => id.includes(part));
    expect(found).toHaveLength(1);
  });

  it('look for something at all', () => {
    expect(resources.length).toBeGreaterThanOrEqual(5);
  });

  it('are all defined that are named, and all named that are defined', () => {
    const [commands = '', entries = ''] = runbook.split('\n## Alarms\n');
    const names = (text: string, pattern: RegExp) => new Set([...text.matchAll(pattern)].map(([, name]) => name));
    const defined = names(commands, /^\*\*(\w+)\*\*: /gm);
    expect(defined.size).toBeGreaterThanOrEqual(8);
    expect(names(entries, /\*\*(\w+)\*\*/g)).toEqual(defined);
    for (const file of [
      'docs/operate/troubleshooting.md',
      'docs/operate/quick-reference.md',
      'docs/operate/monitoring.md',
      'docs/concepts.md',
      'docs/deploy/guide.md',
    ]) {
      const strange = [...names(read(file), /\*\*([A-Z]\w+)\*\*/g)].filter((name) => !defined.has(name));
      expect([file, strange]).toEqual([file, []]);
    }
  });
});

it('outputs that documents name are those of a deployment', () => {
  const outputs = Object.keys(template.findOutputs('*'));
  const named = new Set(
    DOCUMENTS.flatMap((file) => [
      ...[...read(file).matchAll(/outputs? `(\w+)`/g)].map(([, name]) => name),
      ...blocksOf(file).flatMap(({ text }) => [...text.matchAll(/\$\(output (\w+)\)/g)].map(([, name]) => name)),
    ]),
  );
  expect([...named].filter((name) => !outputs.includes(name as string))).toEqual([]);
  expect(named.size).toBeGreaterThanOrEqual(4);
});

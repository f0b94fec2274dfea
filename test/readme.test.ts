import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { SETTINGS } from '../functions/health/settings.js';
import { readContext } from '../infra/context.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** The blocks of a language, without their indentation. */
function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text = '']) => text);
}

describe('the README', () => {
  test('has an example of cdk.json that can be deployed', () => {
    const example = blocks('json').find((text) => text.includes('"attach"')) ?? '';
    const { 'pool-health': context } = JSON.parse(`{${example}}`);
    expect(readContext(context)).toMatchObject({ mode: 'attach', pools: [{ name: 'orders' }] });
  });

  test('shows an answer whose numbers agree with each other', () => {
    const { metrics, config, utilization } = JSON.parse(blocks('json')[0] ?? '');
    expect(metrics.activeConnections + metrics.idleConnections).toBe(metrics.totalConnections);
    expect(metrics.poolSize).toBe(config.max);
    expect(utilization.percent).toBe((metrics.totalConnections * 100) / metrics.poolSize);
  });

  test('names scripts that exist, and all that a user may want', () => {
    const named = new Set([...readme.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name));
    const wanted = Object.keys(manifest.scripts).filter(
      (name) => /^(test|bench|cost|lint:)/.test(name) && name !== 'test',
    );
    expect([...named].sort()).toEqual(wanted.sort());
  });

  test('has the defaults of the settings', () => {
    for (const [name, { variable, defaults }] of Object.entries(SETTINGS)) {
      const { development, test: ofTest, production } = defaults;
      const row = `| \`${name}\` | \`${variable}\` | ${development} | ${ofTest} | ${production} |`;
      expect(readme).toContain(row);
    }
  });
});

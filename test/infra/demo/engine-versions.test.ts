import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DOCUMENTS, read } from '../../support/markdown.js';
import { ROOT } from '../../tools/root.js';

/** The declarations of the CDK in which RDS's retired versions are marked: RDS refuses to create a server with one. */
const DECLARATIONS = ['cluster-engine.d.ts', 'instance-engine.d.ts'].map((file) =>
  readFileSync(join(dirname(createRequire(import.meta.url).resolve('aws-cdk-lib/aws-rds')), 'lib', file), 'utf8'),
);

/** The comment of a version of an engine, or null if the CDK has no such version. */
function commentOf(engine: string, version: string): string | null {
  const pattern = new RegExp(`/\\*\\*((?:[^*]|\\*(?!/))*)\\*/\\s*static readonly ${version}: ${engine};`);
  return DECLARATIONS.map((text) => pattern.exec(text)?.[1]).find((comment) => comment !== undefined) ?? null;
}

/** Where the project names a version of an engine, as `[file, engine, version]`. */
const USES = [
  ...readdirSync(join(ROOT, 'infra'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `infra/${name}`),
  ...DOCUMENTS,
].flatMap((file) =>
  [...read(file).matchAll(/\b(\w*EngineVersion)\.(VER_\w+)/g)].map(([, engine = '', version = '']) => ({
    file,
    engine,
    version,
  })),
);

describe('every engine version that the project names is offered by RDS', () => {
  it('the demo and the documents name one', () => {
    expect(new Set(USES.map(({ file }) => file))).toEqual(
      new Set(['infra/demo/database.ts', 'docs/deploy/existing-cdk-app.md']),
    );
  });

  it.each(USES)('$engine.$version in $file', ({ engine, version }) => {
    const comment = commentOf(engine, version);
    expect(comment).not.toBeNull();
    expect(comment).not.toContain('@deprecated');
  });

  it('a retired version is recognized', () => {
    expect(commentOf('AuroraPostgresEngineVersion', 'VER_17_1')).toContain('@deprecated');
    expect(commentOf('AuroraPostgresEngineVersion', 'VER_99_1')).toBeNull();
  });
});

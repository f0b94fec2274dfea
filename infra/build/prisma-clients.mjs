/**
 * Generates the Prisma clients of the tests and of `GET /health/details`: all of them after every `npm ci`, and those that
 * are missing or older than their schema before a test run. Needs no network: `prisma generate` never runs the schema
 * engine, so any existing file may stand in for it. Does nothing if Prisma is not installed, as after `npm ci --omit=dev`.
 */
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Each client is generated into the folder `generated` next to its schema. */
const SCHEMAS = [
  new URL('../../test/integration/app/schema.prisma', import.meta.url),
  new URL('../../functions/round-trip/schema.prisma', import.meta.url),
];

/** vitest calls this before all tests. */
export default function generateIfNeeded() {
  for (const schema of SCHEMAS) {
    if (changedAt(new URL('generated/client.ts', schema)) < changedAt(schema)) {
      generate(schema);
    }
  }
}

function generate(schema) {
  const prisma = installedPrisma();
  if (prisma !== null) {
    execFileSync(process.execPath, [prisma, 'generate', '--no-hints', '--schema', fileURLToPath(schema)], {
      env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
}

function installedPrisma() {
  try {
    return createRequire(import.meta.url).resolve('prisma/build/index.js');
  } catch {
    return null;
  }
}

function changedAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  SCHEMAS.forEach(generate);
}

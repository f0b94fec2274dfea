/**
 * Generates Prisma clients: `node infra/build/prisma-clients.mjs SCHEMA...`, each into the folder `generated` beside its
 * schema. `npm ci` runs it, and a test run runs it for clients that are missing or older than their schema. It needs no
 * network: Prisma would download the schema engine, which `generate` never runs, so any existing file may replace it. Does
 * nothing if Prisma is not installed, such as after `npm ci --omit=dev`.
 */
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @param schemas paths from the working directory */
export function generateOutdated(schemas) {
  for (const schema of schemas) {
    if (changedAt(join(dirname(schema), 'generated', 'client.ts')) < changedAt(schema)) {
      generate(schema);
    }
  }
}

function generate(schema) {
  const prisma = installedPrisma();
  if (prisma !== null) {
    execFileSync(process.execPath, [prisma, 'generate', '--no-hints', '--schema', resolve(schema)], {
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
  process.argv.slice(2).forEach(generate);
}

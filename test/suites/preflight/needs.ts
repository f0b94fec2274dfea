import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages } from '../../tools/install-packages.js';

/** Installs cdk-preflight. */
export function setup(): void {
  installPackages(dirname(fileURLToPath(import.meta.url)));
}

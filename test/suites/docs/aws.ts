import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ROOT } from '../../tools/root.js';

const VERSION = '1.45.11';

/** AWS's own command line, in a virtual environment under .cache; installed from PyPI if it is not there yet. */
export function awsCli(): string {
  const folder = join(ROOT, '.cache', `awscli-${VERSION}`);
  const program = join(folder, 'bin', 'aws');
  if (!existsSync(program)) {
    execFileSync('python3', ['-m', 'venv', folder]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `awscli==${VERSION}`];
    execFileSync(join(folder, 'bin', 'python'), pip);
  }
  return program;
}

/** An AWS that refuses every request: what gets as far as here was understood by the command line. */
export async function refusingAws() {
  const server = createServer((_request, response) => {
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' });
    response.end('{"__type":"Refused","message":"refused"}');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

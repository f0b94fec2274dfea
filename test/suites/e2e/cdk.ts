import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../tools/root.js';
import type { Emulator } from './emulator.js';
import type { Sandbox } from './sandbox.js';
import type { Settings } from './settings.js';

/** The CDK's command line, as a user runs it, against the emulator. */
export class Cdk {
  readonly #sandbox: Sandbox;
  readonly #emulator: Emulator;

  constructor(sandbox: Sandbox, emulator: Emulator) {
    this.#sandbox = sandbox;
    this.#emulator = emulator;
  }

  async bootstrap(): Promise<void> {
    const { account, region } = this.#emulator;
    const output = join(this.#sandbox.directory, 'cdk.out');
    // The CLI runs the app for a bootstrap too, and the app needs a mode.
    await this.#run('bootstrap', [`aws://${account}/${region}`, '--context', 'mode=demo', '--output', output]);
  }

  /** Deploys `app.ts`. Returns the outputs of its stack. */
  async deploy(settings: Settings): Promise<Readonly<Record<string, string>>> {
    const outputs = join(this.#sandbox.directory, 'outputs.json');
    const args = [
      ...['--app', 'node --import tsx test/suites/e2e/app.ts', '--context', `e2e=${JSON.stringify(settings)}`],
      ...['--output', join(this.#sandbox.directory, 'cdk.out'), '--outputs-file', outputs],
      ...['--method', 'direct', '--require-approval', 'never'],
    ];
    await this.#run('deploy', args);
    const stacks: Record<string, Record<string, string>> = JSON.parse(readFileSync(outputs, 'utf8'));
    return Object.values(stacks)[0] ?? {};
  }

  async #run(command: string, args: readonly string[]): Promise<void> {
    const { url, region, credentials } = this.#emulator;
    const cdk = join(ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk');
    const variables = {
      PATH: process.env.PATH ?? '',
      AWS_ENDPOINT_URL: url,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      CDK_DISABLE_VERSION_CHECK: 'true',
    };
    await this.#sandbox.run(
      `cdk-${command}`,
      [process.execPath, cdk, command, ...args, '--no-notices'],
      variables,
      ROOT,
    );
  }
}

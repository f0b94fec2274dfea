import { delimiter } from 'node:path';
import { freePort } from '../../../functions/dev/embedded-postgres/free-port.js';
import { until } from '../../support/until.js';
import { deployedNode } from '../../tools/deployed-node.js';
import { emulatorPython } from './install-emulator.js';
import type { Sandbox } from './sandbox.js';

/** The address of the emulator, as environment variables for the SDK and the CDK's command line. */
export interface Emulator {
  readonly url: string;
  readonly region: string;
  readonly account: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /**
   * Counts in its log how often a schedule fired a function, and how often a process was started for it.
   *
   * @param part a part of the function's name
   */
  history(part: string): { readonly fired: number; readonly started: number };
}

const LOG = 'ministack';

/**
 * Starts a fresh AWS emulator on a free port of this machine. It verifies signatures and enforces the policies of the
 * functions' roles; the credentials are those of the account's root. Functions run on the Node version of the
 * deployment.
 */
export async function startEmulator(sandbox: Sandbox): Promise<Emulator> {
  const python = emulatorPython();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = sandbox.start(LOG, [python, '-m', 'ministack'], {
    // Functions are started by the name of their program.
    PATH: [deployedNode(), process.env.PATH].join(delimiter),
    BIND_HOST: '127.0.0.1',
    GATEWAY_PORT: `${port}`,
    AUTH: 'true',
    IOT_MTLS_ENABLED: '0',
  });
  await until('the AWS emulator is ready', async () => {
    if (child.outcome() !== null) {
      throw new Error(`The AWS emulator ended (${child.outcome()}): ${sandbox.output(LOG)}`);
    }
    return await isReady(url);
  });
  return {
    url,
    region: 'us-east-1',
    account: '000000000000',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    history: (part) => {
      const count = (words: string) => [...sandbox.output(LOG).matchAll(new RegExp(words, 'g'))].length;
      return {
        fired: count(`EventBridge → Lambda \\S*${part}\\S*: dispatched`),
        started: count(`Lambda worker spawned for \\S*${part}\\S* `),
      };
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/_ministack/ready`)).ok;
  } catch {
    return false;
  }
}

import { AwsClient } from 'aws4fetch';
import type { Emulator } from './emulator.js';

export interface Reply {
  readonly status: number;
  readonly cacheControl: string | null;
  readonly body: unknown;
}

/** The deployed API, by the address in the outputs of the deployment. */
export class Api {
  readonly #base: string;
  readonly #signed: AwsClient;

  /** @param address such as `https://<id>.execute-api.<region>.amazonaws.com/health/pool`; the emulator has it as a path */
  constructor({ url, region, credentials }: Emulator, address: string) {
    const [id = ''] = new URL(address).hostname.split('.');
    this.#base = `${url}/_aws/execute-api/${id}/$default`;
    this.#signed = new AwsClient({ ...credentials, region, service: 'execute-api', retries: 0 });
  }

  async get(path: string): Promise<Reply> {
    return await toReply(await fetch(this.#base + path));
  }

  /** The same with a signature, as routes with IAM require. */
  async getSigned(path: string): Promise<Reply> {
    return await toReply(await this.#signed.fetch(this.#base + path));
  }
}

async function toReply(response: Response): Promise<Reply> {
  const cacheControl = response.headers.get('cache-control');
  const isJson = response.headers.get('content-type') === 'application/json';
  const body: unknown = isJson ? await response.json() : await response.text();
  return { status: response.status, cacheControl, body };
}

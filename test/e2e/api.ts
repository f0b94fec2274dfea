import type { Emulator } from './emulator.js';

export interface Reply {
  readonly status: number;
  readonly cacheControl: string | null;
  readonly body: unknown;
}

/** The deployed API, by the address that the deployment told. */
export class Api {
  readonly #base: string;

  /** @param address such as `https://<id>.execute-api.<region>.amazonaws.com/health/pool`; the emulator has it as a path */
  constructor({ url }: Emulator, address: string) {
    const [id = ''] = new URL(address).hostname.split('.');
    this.#base = `${url}/_aws/execute-api/${id}/$default`;
  }

  async get(path: string): Promise<Reply> {
    const response = await fetch(this.#base + path);
    const cacheControl = response.headers.get('cache-control');
    return { status: response.status, cacheControl, body: await response.json() };
  }
}

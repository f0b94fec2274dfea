import dns from 'node:dns';
import { isIP } from 'node:net';
import { within } from './timeout.js';

/** A name that takes longer is not known to have moved. Time that the check then does not have for its statement. */
const LOOKUP_TIMEOUT_MS = 500;

/** Looks up the IP addresses of a host name, one lookup at a time: one that hangs keeps a thread of Node.js. */
export class Addresses {
  readonly #host: string;
  #lookup: Promise<readonly string[] | null> | null = null;

  /** @param host host name, IP address, or directory of a Unix socket */
  constructor(host: string) {
    this.#host = host;
  }

  /**
   * All addresses of the name, in the form of `Connection.address`; none if the name does not exist. Null if there is no
   * name to look up, if DNS fails or does not answer in time, or while an earlier lookup hangs. Never throws.
   *
   * @param ms further limit of the time, in milliseconds
   */
  async all(ms: number): Promise<readonly string[] | null> {
    if (this.#lookup || isIP(this.#host) !== 0 || this.#host.startsWith('/')) {
      return null;
    }
    const lookup = lookUp(this.#host).finally(() => {
      this.#lookup = null;
    });
    this.#lookup = lookup;
    const late = () => new Error('DNS does not answer');
    return await within(lookup, Math.min(LOOKUP_TIMEOUT_MS, ms), late).catch(() => null);
  }
}

/** Null if DNS fails. Asks the resolver of the system, as a connection does. */
function lookUp(host: string): Promise<readonly string[] | null> {
  return new Promise((resolve) => {
    dns.lookup(host, { all: true }, (error, found) => {
      if (error) {
        resolve(error.code === 'ENOTFOUND' ? [] : null);
      } else {
        resolve(found.map(({ address }) => withoutZone(address)));
      }
    });
  });
}

/** A link-local address without its zone, which only one of lookup and socket may name. */
export function withoutZone(address: string): string {
  return address.replace(/%.*/, '');
}

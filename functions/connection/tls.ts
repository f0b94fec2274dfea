import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import { ProblemError, problem } from '../core/problems.js';
import { isRdsHost, isRdsProxyHost } from '../core/rds-hosts.js';

/**
 * How the connection is protected: always verified, name and issuer, or off where the definition says so. Never a
 * fall-back from one to the other.
 *
 * @param caFile path of a PEM file with the certificate authority, for servers of a private one
 * @throws ProblemError `PROBE.TLS` when that file cannot be read
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html RDS has its own authorities
 */
export async function tlsOptions(
  target: { readonly endpoint: string; readonly tls: 'verify-full' | 'off' },
  caFile: string | null,
): Promise<ConnectionOptions | false> {
  if (target.tls === 'off') {
    return false;
  }
  if (caFile !== null) {
    try {
      return { rejectUnauthorized: true, ca: await readFile(caFile, 'utf8') };
    } catch (cause) {
      throw new ProblemError(problem('PROBE.TLS', { reason: 'the file that sslrootcert names cannot be read' }), {
        cause,
      });
    }
  }
  if (isRdsHost(target.endpoint) && !isRdsProxyHost(target.endpoint)) {
    const { RDS_AUTHORITIES } = await import('./rds-certificates.js');
    return { rejectUnauthorized: true, ...RDS_AUTHORITIES };
  }
  return { rejectUnauthorized: true };
}

import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import type { ConnectionTarget } from '../core/pool-config.js';
import { ProblemError, problem } from '../core/problems.js';
import { isRdsHost, isRdsProxyHost } from '../core/rds-hosts.js';

/** Certificates of Cloud SQL, for one, name the instance and not its host. */
const ANY_HOST_NAME: ConnectionOptions = { checkServerIdentity: () => undefined };

/**
 * Returns the TLS options of a connection: TLS that verifies issuer and host name (`verify-ca`: the issuer alone), or false if
 * the target turns TLS off. There is no fallback from one to the other.
 *
 * @param caFile path of a PEM file with a private certificate authority; null for the authorities of RDS or of Node.js
 * @throws ProblemError `PROBE.TLS` if the file cannot be read
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html RDS has its own authorities
 */
export async function tlsOptions(
  target: Pick<ConnectionTarget, 'endpoint' | 'tls'>,
  caFile: string | null,
): Promise<ConnectionOptions | false> {
  if (target.tls === 'off') {
    return false;
  }
  const verify = { rejectUnauthorized: true, ...(target.tls === 'verify-ca' && ANY_HOST_NAME) };
  if (caFile !== null) {
    try {
      return { ...verify, ca: await readFile(caFile, 'utf8') };
    } catch (cause) {
      throw new ProblemError(problem('PROBE.TLS', { reason: 'the file that sslrootcert names cannot be read' }), {
        cause,
      });
    }
  }
  if (isRdsHost(target.endpoint) && !isRdsProxyHost(target.endpoint)) {
    const { RDS_AUTHORITIES } = await import('./rds-certificates.js');
    return { ...verify, ...RDS_AUTHORITIES };
  }
  return verify;
}

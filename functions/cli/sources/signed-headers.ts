import { ssmClient } from '../../aws/clients/ssm.js';

/** Where API Gateway stands, and so which region the signature is for; a domain of one's own does not tell. */
const EXECUTE_API = /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/;

/**
 * The headers that make a GET a signed one (SigV4), with the credentials that the SDK finds. The signer is that of a client
 * of the SDK, which has it together with region and credentials; nothing is asked of the client's own service.
 *
 * @throws Error of the SDK when there are no credentials, or no region
 */
export async function signedHeaders({ protocol, hostname, host, pathname }: URL): Promise<Record<string, string>> {
  const client = ssmClient();
  const [, region = await client.config.region()] = EXECUTE_API.exec(hostname) ?? [];
  const scheme = { name: 'sigv4', signingName: 'execute-api', signingRegion: region, properties: {} };
  const signer = await client.config.signer(scheme);
  const request = { method: 'GET', protocol, hostname, path: pathname, query: {}, headers: { host } };
  const { headers } = await signer.sign(request);
  return headers;
}

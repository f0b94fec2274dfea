import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { Sha256 } from '@smithy/core/checksum';
import { loadConfig, NODE_REGION_CONFIG_FILE_OPTIONS, NODE_REGION_CONFIG_OPTIONS } from '@smithy/core/config';
import { SignatureV4 } from '@smithy/signature-v4';

/** A host of API Gateway, which contains the region of the signature. A custom domain does not. */
const EXECUTE_API = /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/;

/**
 * The headers of a GET request with an IAM signature (SigV4). The region is that of the host, otherwise the one that the SDK
 * finds: environment, then profile. The credentials come from the SDK's default provider chain.
 *
 * @throws Error of the SDK when there are no credentials, or no region
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
export async function signedHeaders({ protocol, hostname, host, pathname }: URL): Promise<Record<string, string>> {
  const [, region] = EXECUTE_API.exec(hostname) ?? [];
  const signer = new SignatureV4({
    service: 'execute-api',
    region: region ?? loadConfig(NODE_REGION_CONFIG_OPTIONS, NODE_REGION_CONFIG_FILE_OPTIONS),
    credentials: defaultProvider(),
    sha256: Sha256,
  });
  const request = { method: 'GET', protocol, hostname, path: pathname, query: {}, headers: { host } };
  const { headers } = await signer.sign(request);
  return headers;
}

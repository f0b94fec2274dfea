import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { deadlineSignal } from '../../time/deadline.js';
import { BOUNDS, type Bounds, bounded, shared } from './bounds.js';

/** Creates a client of Secrets Manager, which stores passwords. */
export function secretsClient(bounds: Bounds = BOUNDS): SecretsManagerClient {
  return new SecretsManagerClient(bounded(bounds));
}

const sharedClient = shared(secretsClient);

/**
 * The text of a secret; undefined when the secret is binary. Import this module with `import()`: only pools whose `auth` is
 * a secret then load the SDK behind it.
 *
 * @param client @default a client that all pools share
 * @throws what the SDK throws, and an AbortError after `deadlineMs` milliseconds
 */
export async function readSecret(
  arn: string,
  deadlineMs: number,
  client: SecretsManagerClient = sharedClient(),
): Promise<string | undefined> {
  const abortSignal = deadlineSignal(deadlineMs);
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: arn }), { abortSignal });
  return SecretString;
}

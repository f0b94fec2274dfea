import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type ProblemCode, ProblemError, problem } from '../core/problems.js';
import { failureName, UnexpectedAnswer } from './errors.js';
import { RenewablePassword } from './renewable-password.js';

/** Where and as whom the check logs in: a pool's own login, or that of a pooler's admin console. */
export interface Login {
  readonly endpoint: string;
  readonly port: number;
  readonly user: string;
  readonly auth: { readonly type: 'iam' } | { readonly type: 'secret'; readonly arn: string };
}

export interface CredentialOptions {
  /** @default one that all pools share, made when the first secret is read */
  readonly client?: SecretsManagerClient;
  /**
   * Milliseconds that Secrets Manager may take; below the time `connection/` has for a login, so that its failure is
   * named and not taken for a server that does not answer.
   *
   * @default 2000
   */
  readonly deadlineMs?: number;
  /**
   * Milliseconds since 1970.
   *
   * @default Date.now
   */
  readonly now?: () => number;
}

/** A token can be used for 15 minutes. @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html */
const KEEP_TOKEN_MS = 10 * 60_000;

/**
 * What the check logs in with: a token signed for exactly this endpoint, port and user, or the password of a secret, which
 * is read again only when the server refuses it. Nothing is asked before a password is needed. Keep the object as long as
 * the definition stands.
 */
export function awsCredentials(
  { endpoint, port, user, auth }: Login,
  options: CredentialOptions = {},
): RenewablePassword {
  const { client, deadlineMs = 2_000, now = Date.now } = options;
  return auth.type === 'iam'
    ? new RenewablePassword({
        fetch: () => named('AWS.RDS', () => signedToken(endpoint, port, user)),
        keepMs: KEEP_TOKEN_MS,
        now,
      })
    : new RenewablePassword({
        fetch: () => named('AWS.SECRETS', () => secretPassword(auth.arn, deadlineMs, client)),
        keepMs: Number.POSITIVE_INFINITY,
        now,
      });
}

async function named(code: ProblemCode, fetch: () => Promise<string>): Promise<string> {
  try {
    return await fetch();
  } catch (error) {
    throw new ProblemError(problem(code, { error: failureName(error) }, 'error'));
  }
}

/** Signing is done here, without a call to AWS. */
async function signedToken(hostname: string, port: number, username: string): Promise<string> {
  const { Signer } = await import('@aws-sdk/rds-signer');
  return await new Signer({ hostname, port, username }).getAuthToken();
}

/** Readings under way with the client that all share, by ARN: pools that share a secret share its reading. */
const reading = new Map<string, Promise<string>>();

function secretPassword(arn: string, deadlineMs: number, client?: SecretsManagerClient): Promise<string> {
  if (client) {
    return readPassword(arn, deadlineMs, client);
  }
  const password = reading.get(arn) ?? readPassword(arn, deadlineMs).finally(() => reading.delete(arn));
  reading.set(arn, password);
  return password;
}

async function readPassword(arn: string, deadlineMs: number, client?: SecretsManagerClient): Promise<string> {
  const { readSecret } = await import('./clients/secrets.js');
  const password = passwordOf(await readSecret(arn, deadlineMs, client));
  if (!password) {
    throw new UnexpectedAnswer();
  }
  return password;
}

/**
 * The password in the text of a secret: the whole text, or `password` where the text is a JSON object.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
 */
function passwordOf(text: string | undefined): string | null {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch {
    return text ?? null;
  }
  if (typeof value !== 'object' || value === null) {
    return text ?? null;
  }
  return 'password' in value && typeof value.password === 'string' ? value.password : null;
}

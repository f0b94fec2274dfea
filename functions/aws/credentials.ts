import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Credentials } from '../connection/credentials.js';
import { ageMs, currentMoment, type Moment, NEVER } from '../time/moment.js';
import { reportedAs, UnexpectedAnswer } from './errors.js';
import { SingleFlightCache } from './single-flight-cache.js';

/** Address, user and type of a login: of a pool, or of a pooler's admin console. */
export interface LoginTarget {
  readonly endpoint: string;
  readonly port: number;
  readonly user: string;
  readonly auth: { readonly type: 'iam' } | { readonly type: 'secret'; readonly arn: string };
}

export interface CredentialOptions {
  /** @default a client that all pools share, created for the first secret */
  readonly client?: SecretsManagerClient;
  /**
   * Milliseconds that Secrets Manager may take. Less than the time that `connection/` allows for a login, so that a failure
   * of Secrets Manager is not reported as a server that does not answer.
   *
   * @default 2000
   */
  readonly deadlineMs?: number;
  /** @default both clocks of the process */
  readonly now?: () => Moment;
}

/** A token is valid for 15 minutes. @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html */
const MAX_TOKEN_AGE_MS = 10 * 60_000;
/**
 * A refused password is fetched again only once in this time: a wrong password would otherwise flood its source with
 * requests. Less than a minute, so that each scheduled check fetches it again.
 */
const MIN_REFUSAL_INTERVAL_MS = 50_000;
const KEY = 'password';

/** Running requests by ARN: pools with the same secret share one request. */
const secrets = new SingleFlightCache<string>({ maxAgeMs: 0 });

interface PasswordSource {
  /** @throws ProblemError */
  readonly fetch: () => Promise<string>;
  /** Milliseconds after which the password is fetched again. */
  readonly maxAgeMs: number;
  readonly now: () => Moment;
}

/** A password that is fetched when it is needed, and again when it has expired or the server refused it. */
export class RenewablePassword implements Credentials {
  readonly #source: PasswordSource;
  readonly #cache: SingleFlightCache<string>;
  #refusedAt = NEVER;

  constructor(source: PasswordSource) {
    this.#source = source;
    this.#cache = new SingleFlightCache(source);
  }

  password(): Promise<string> {
    return this.#cache.get(KEY, this.#source.fetch);
  }

  refused(): boolean {
    const refusedAt = this.#source.now();
    if (ageMs(this.#refusedAt, refusedAt) < MIN_REFUSAL_INTERVAL_MS) {
      return false;
    }
    this.#refusedAt = refusedAt;
    this.#cache.invalidate(KEY);
    return true;
  }
}

/**
 * The credentials of the check: a token that is signed for exactly this endpoint, port and user, or the password of a
 * secret, which is read again only after the server refused it. No request is sent before a password is needed. Reuse the
 * object while the definition does not change.
 */
export function awsCredentials(
  { endpoint, port, user, auth }: LoginTarget,
  options: CredentialOptions = {},
): RenewablePassword {
  const { client, deadlineMs = 2_000, now = currentMoment } = options;
  return auth.type === 'iam'
    ? new RenewablePassword({
        fetch: () => reportedAs('AWS.RDS', () => signedToken(endpoint, port, user), 'error'),
        maxAgeMs: MAX_TOKEN_AGE_MS,
        now,
      })
    : new RenewablePassword({
        fetch: () => reportedAs('AWS.SECRETS', () => secretPassword(auth.arn, deadlineMs, client), 'error'),
        maxAgeMs: Number.POSITIVE_INFINITY,
        now,
      });
}

/** Signs locally, without a request to AWS. */
async function signedToken(hostname: string, port: number, username: string): Promise<string> {
  const { Signer } = await import('@aws-sdk/rds-signer');
  return await new Signer({ hostname, port, username }).getAuthToken();
}

function secretPassword(arn: string, deadlineMs: number, client?: SecretsManagerClient): Promise<string> {
  return client ? readPassword(arn, deadlineMs, client) : secrets.get(arn, () => readPassword(arn, deadlineMs));
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

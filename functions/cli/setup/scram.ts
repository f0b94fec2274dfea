import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

const ITERATIONS = 4096;

/**
 * The SCRAM verifier that PostgreSQL stores for a password. ALTER ROLE accepts it instead of the password, so the password
 * never reaches the server or its log.
 *
 * @param password printable ASCII, which SASLprep does not change
 * @see https://www.rfc-editor.org/rfc/rfc5803 and RFC 5802, section 3, for the two keys
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const key = (name: string) => createHmac('sha256', salted).update(name).digest();
  const storedKey = createHash('sha256').update(key('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${key('Server Key').toString('base64')}`;
}

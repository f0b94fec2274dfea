/** Provides the password of a login. */
export interface Credentials {
  /**
   * Returns the current password or token; undefined if the login needs none.
   *
   * @throws ProblemError if the password cannot be fetched
   */
  password(): Promise<string | undefined>;
  /** Reports that the server rejected the password. Returns true if another fetch may return a new one, as after a rotation. */
  refused(): boolean;
}

/** Credentials with a password that never changes, such as the one in a URL. */
export function fixedPassword(password: string | undefined): Credentials {
  return { password: async () => password, refused: () => false };
}

/** How the check logs in to a pool. */
export interface Login {
  readonly credentials: Credentials;
  /** Path of a PEM file with the certificate authority; null for the authorities that Node.js trusts. */
  readonly caFile: string | null;
}

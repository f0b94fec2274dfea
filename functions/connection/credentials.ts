/** What the check logs in with. */
export interface Credentials {
  /**
   * The password or token to use now; undefined where none is needed.
   *
   * @throws ProblemError when it cannot be had
   */
  password(): Promise<string | undefined>;
  /** The server refused it. True when asking anew may give another one, such as after a rotation. */
  refused(): boolean;
}

/** A password that never changes, such as that of a URL. */
export function fixedPassword(password: string | undefined): Credentials {
  return { password: async () => password, refused: () => false };
}

/** How the check logs in to a pool. */
export interface Login {
  readonly credentials: Credentials;
  /** Path of a PEM file with the certificate authority; null for those that Node knows. */
  readonly caFile: string | null;
}

/** What the user wrote cannot be understood or used: exit code 2. Its lines never hold a credential. */
export class UsageError extends Error {
  readonly lines: readonly string[];

  constructor(...lines: readonly string[]) {
    super(lines.join('\n'));
    this.name = 'UsageError';
    this.lines = lines;
  }
}

/** What was asked for could not be done, through no mistake in the command: exit code 1. One line, without credentials. */
export class Failure extends Error {
  constructor(line: string, options?: ErrorOptions) {
    super(line, options);
    this.name = 'Failure';
  }
}

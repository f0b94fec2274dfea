/** The command, URL or settings are invalid: exit code 2. Its lines never contain a credential. */
export class UsageError extends Error {
  readonly lines: readonly string[];

  constructor(...lines: readonly string[]) {
    super(lines.join('\n'));
    this.name = 'UsageError';
    this.lines = lines;
  }
}

/** The command is valid but failed: exit code 1. One line without credentials. */
export class Failure extends Error {
  constructor(line: string, options?: ErrorOptions) {
    super(line, options);
    this.name = 'Failure';
  }
}

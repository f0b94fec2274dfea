import type { Violation } from '../core/pool-settings.js';

/**
 * What the application gave cannot be used: every mistake at once, each with the field, the value received and what is
 * accepted. Never holds a part of a connection string.
 */
export class InvalidPoolOptions extends Error {
  readonly violations: readonly Violation[];

  constructor(violations: readonly Violation[]) {
    const messages = [...new Set(violations.map(({ message }) => message))];
    super(`The pool cannot be made: ${messages.join('; ')}`);
    this.name = 'InvalidPoolOptions';
    this.violations = violations;
  }
}

/** @throws InvalidPoolOptions with this one mistake */
export function refuse(field: string, message: string): never {
  throw new InvalidPoolOptions([{ field, message }]);
}

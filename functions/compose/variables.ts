import { Failure, UsageError } from '../cli/errors.js';
import { nameDefinition } from './named-definition.js';

/**
 * The environment with the URL of the command line, if there is one, in the place of `DATABASE_URL`, and with the
 * definition that is named.
 *
 * @throws UsageError when there is no URL at all
 * @throws Failure when the definition cannot be read
 */
export async function databaseVariables(
  { url }: { readonly url?: string },
  environment: NodeJS.ProcessEnv,
): Promise<NodeJS.ProcessEnv> {
  const variables = { ...environment, DATABASE_URL: url ?? environment.DATABASE_URL };
  if (variables.DATABASE_URL === undefined) {
    throw new UsageError('no database is named: set DATABASE_URL, or see --help for --url');
  }
  await nameDefinition(variables).catch((cause: unknown) => {
    throw new Failure(cause instanceof Error ? cause.message : 'the definition could not be read', { cause });
  });
  return variables;
}

/** A mistake in the words of whoever gave the URL on the command line. */
export function inTheirWords(mistake: string, { url }: { readonly url?: string }): string {
  return url === undefined ? mistake : mistake.replaceAll('DATABASE_URL', '--url');
}

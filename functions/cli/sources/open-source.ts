import { UsageError } from '../errors.js';
import type { Source, SourceOptions } from './source.js';

/**
 * Opens what the options name, otherwise `DATABASE_URL`. What the other kind needs is not loaded.
 *
 * @throws UsageError with every mistake at once
 */
export async function openSource(options: SourceOptions, environment: NodeJS.ProcessEnv): Promise<Source> {
  if (options.api !== undefined) {
    const { apiSource } = await import('./api.js');
    return apiSource(options.api, options);
  }
  if (options.pool !== undefined || options.sign) {
    throw new UsageError('--pool and --sign are for a deployed pool: name its API with --api');
  }
  const { databaseSource } = await import('./database.js');
  return await databaseSource(options, environment);
}

import { UsageError } from '../errors.js';
import type { Source, SourceOptions } from './source.js';

/**
 * Opens the source that the options name, otherwise `DATABASE_URL`. Loads only the code of that source.
 *
 * @throws UsageError with every mistake at once
 */
export async function openSource(options: SourceOptions, environment: NodeJS.ProcessEnv): Promise<Source> {
  if (options.api !== undefined) {
    const { apiSource } = await import('./api.js');
    return apiSource(options.api, options);
  }
  if (options.pool !== undefined || options.sign) {
    throw new UsageError('--pool and --sign need --api: they are for a deployed pool');
  }
  const { databaseSource } = await import('./database.js');
  return await databaseSource(options, environment);
}

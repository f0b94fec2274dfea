import { urlMonitor } from '../../compose/url-monitor.js';
import { poolReport } from '../../core/pool-report.js';
import { withValues } from '../../core/report-parts.js';
import { UsageError } from '../errors.js';
import type { Source, SourceOptions } from './source.js';
import { readUrlPool } from './url-pool.js';

/**
 * The pool of a database. The check runs in this process, with the same code as the deployed check.
 *
 * @throws UsageError with every mistake in the URL and in the settings
 */
export async function databaseSource(options: SourceOptions, environment: NodeJS.ProcessEnv): Promise<Source> {
  const pool = await readUrlPool(options, environment);
  if (!pool.validation.ok) {
    throw new UsageError(...pool.validation.violations.map(({ message }) => message));
  }
  const { monitor } = urlMonitor(pool);
  const [entry] = await monitor.pools(0);
  return {
    warnings: pool.settings.warnings,
    check: async () => {
      const assessment = await monitor.assess(entry, 0);
      const report = poolReport(assessment, Date.now());
      return { json: JSON.stringify(report), report, problems: assessment.verdict.problems.map(withValues) };
    },
    close: () => monitor.close(),
  };
}

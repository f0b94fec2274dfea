import { localSettings } from '../../compose/url-config.js';
import { localRuntime } from '../../compose/url-monitor.js';
import { databaseVariables, inTheirWords } from '../../compose/variables.js';
import { poolReport } from '../../core/pool-report.js';
import { toPublic } from '../../core/problems.js';
import { UsageError } from '../errors.js';
import type { Source, SourceOptions } from './source.js';

/**
 * The pool of a database: the same check that is deployed, run from here.
 *
 * @throws UsageError with every mistake in the URL and in the settings
 */
export async function databaseSource(options: SourceOptions, environment: NodeJS.ProcessEnv): Promise<Source> {
  const variables = await databaseVariables(options, environment);
  const { monitor } = localRuntime(variables);
  const [watched] = await monitor.pools(0);
  const mistakes = watched.problems.flatMap(({ values }) => values.violations as readonly string[]);
  if (mistakes.length > 0) {
    throw new UsageError(...mistakes.map((mistake) => inTheirWords(mistake, options)));
  }
  return {
    warnings: localSettings(variables).warnings,
    check: async () => {
      const assessment = await monitor.assess(watched, 0);
      const report = poolReport(assessment, Date.now());
      const problems = assessment.verdict.problems.map((problem) => ({ ...toPublic(problem), values: problem.values }));
      return { json: JSON.stringify(report), report, problems };
    },
    close: () => monitor.close(),
  };
}

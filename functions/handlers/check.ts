import { cloudWatchClient } from '../aws/clients/cloudwatch.js';
import { CloudWatchPublisher } from '../aws/cloudwatch-publisher.js';
import type { Logger } from '../aws/logger.js';
import { runtime } from '../compose/runtime.js';
import { datapoints, type Publish } from '../core/datapoints.js';
import type { Assessment } from '../core/pool-report.js';
import { PROBLEMS, type Problem } from '../core/problems.js';
import { assessAll, type Monitor } from '../monitor/monitor.js';

export const handler = checkHandler(runtime.monitor, runtime.publish ?? toCloudWatch(), runtime.log);

/** The scheduled check: samples every pool of the deployment, judges, publishes. Throws only when the monitor is broken. */
export function checkHandler(monitor: Monitor, publish: Publish, log: Logger) {
  return async (): Promise<readonly Assessment[]> => {
    const assessments = await assessAll(monitor, await monitor.pools(0), 0);
    for (const { pool, sample, verdict } of assessments) {
      logProblems(verdict.problems, { pool }, log);
      const orphans = sample.database?.orphans ?? [];
      if (orphans.length > 0) {
        log('warning', ORPHANS, { pool, orphans });
      }
    }
    logProblems(await publish(assessments.map(datapoints)), {}, log);
    return assessments;
  };
}

/** Statements that nobody waits for any more, named by their process ids on the server. */
const ORPHANS =
  'Statements of earlier checks still run on the server. Give the role of the check a statement_timeout and, from 14 on, a client_connection_check_interval.';

function logProblems(problems: readonly Problem[], of: { readonly pool?: string }, log: Logger): void {
  for (const { code, severity, values } of problems) {
    log(severity, PROBLEMS[code].text, { ...of, code, severity, ...values });
  }
}

function toCloudWatch(): Publish {
  const sink = new CloudWatchPublisher({ client: cloudWatchClient() });
  return (metrics) => sink.publish(metrics);
}

import { appendFile } from 'node:fs/promises';
import { emfLine } from '../core/emf.js';
import type { Datapoints } from '../core/metrics.js';
import type { Publish } from '../core/ports.js';

/**
 * Publishes to a file: one line of CloudWatch embedded metric format for each pool. If the file cannot be written, the lines
 * go to standard error, so none is lost.
 *
 * @param file null to publish nothing
 * @param namespace of the metrics
 */
export function metricsFilePublisher(file: string | null, namespace: string): Publish {
  return async (metrics) => {
    if (file !== null) {
      await append(file, metrics, namespace);
    }
    return [];
  };
}

async function append(file: string, metrics: readonly Datapoints[], namespace: string): Promise<void> {
  const lines = metrics.map((datapoints) => `${emfLine(datapoints, namespace)}\n`).join('');
  await appendFile(file, lines).catch((error: NodeJS.ErrnoException) => {
    process.stderr.write(`The metrics could not be written (${error.code}); they follow.\n${lines}`);
  });
}

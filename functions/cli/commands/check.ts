import { table } from '../output/table.js';
import type { Terminal } from '../output/terminal.js';
import { openSource } from '../sources/open-source.js';
import type { SourceOptions } from '../sources/source.js';

/** `pool-health check`: checks the pool once. Resolves to the exit code: 0 healthy, 1 unhealthy. */
export async function check(
  options: SourceOptions & { readonly json?: boolean },
  { environment, paint, say, write, complain }: Terminal,
): Promise<number> {
  const source = await openSource(options, environment);
  try {
    complain(...source.warnings.map((warning) => `warning: ${warning}`));
    const result = await source.check();
    if (options.json) {
      write(`${result.json}\n`);
    } else {
      say(...table(result, paint));
    }
    return result.report.status === 'healthy' ? 0 : 1;
  } finally {
    await source.close();
  }
}

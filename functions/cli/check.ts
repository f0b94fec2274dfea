import type { SourceOptions } from './look.js';
import { openSource } from './open-source.js';
import { table } from './table.js';
import type { Terminal } from './terminal.js';

/** `pool-health check`: looks once. Resolves to the exit code: 0 healthy, 1 not. */
export async function check(
  options: SourceOptions & { readonly json?: boolean },
  { environment, paint, say, complain }: Terminal,
): Promise<number> {
  const source = await openSource(options, environment);
  try {
    complain(...source.warnings.map((warning) => `warning: ${warning}`));
    const look = await source.look();
    say(...(options.json ? [look.json] : table(look, paint)));
    return look.report.status === 'healthy' ? 0 : 1;
  } finally {
    await source.close();
  }
}

import { PROBLEMS } from '../../functions/core/problems.js';
import { code, document, table } from './markdown.js';

/** The reference of everything that can go wrong: codes and texts as the answers have them. */
export function problems(): string {
  const rows = Object.entries(PROBLEMS).map(([name, kind]) => [
    `[${code(name)}](../operate/troubleshooting.md#${name.toLowerCase().replace('.', '')})`,
    kind.severity,
    kind.layer,
    'saturates' in kind ? 'yes' : '',
    kind.text,
  ]);
  return document('Problems', [
    'Every problem has a stable code. `GET /health/pool` tells code, severity, layer and text; `GET /health/details` and the log tell the values seen as well. An error makes the pool unhealthy, a warning does not. A code leads to what to look at and which command mends it.',
    '`CONFIG.INVALID` is a warning while a last good definition is in force, and the `AWS.*` codes are errors where the check cannot go on without.',
    table(['code', 'severity', 'layer', 'layer is full', 'text'], rows),
  ]);
}

import { PROBLEMS } from '../../functions/core/problems.js';
import { code, document, table } from './markdown.js';

/** The reference of all problems: codes and texts as in the answers. */
export function problems(): string {
  const rows = Object.entries(PROBLEMS).map(([name, kind]) => [
    `[${code(name)}](../operate/troubleshooting.md#${name.toLowerCase().replace('.', '')})`,
    kind.severity,
    kind.layer,
    'saturates' in kind ? 'yes' : '',
    kind.text,
  ]);
  return document('Problems', [
    'Every problem has a stable code. `GET /health/pool` returns code, severity, layer and text; `GET /health/details` and the log add its values. An error makes the pool unhealthy, a warning does not. Each code links to the steps that fix it.',
    '`CONFIG.INVALID` is a warning while the last valid definition is in force. The `AWS.*` codes are errors if the check cannot run without the service.',
    table(['code', 'severity', 'layer', 'layer is full', 'text'], rows),
  ]);
}

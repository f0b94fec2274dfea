import { aws } from './aws.js';
import { input } from './input.js';
import { network } from './network.js';
import { postgres } from './postgres.js';
import type { Row } from './row.js';
import { tls } from './tls.js';

/** Every fault there is a test for. */
export const ROWS: readonly Row[] = [
  ...network,
  ...postgres,
  ...tls,
  ...aws,
  ...input.definitions,
  ...input.environment,
];

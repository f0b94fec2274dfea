import { advice } from './advice.js';
import { aws } from './aws.js';
import { input } from './input.js';
import { lambda } from './lambda.js';
import { load } from './load.js';
import { network } from './network.js';
import { postgres } from './postgres.js';
import { requests } from './requests.js';
import type { Row } from './row.js';
import { tls } from './tls.js';

/** Every fault there is a test for. */
export const ROWS: readonly Row[] = [
  ...network,
  ...postgres,
  ...advice,
  ...tls,
  ...lambda.faults,
  ...lambda.scenarios,
  ...aws,
  ...input.definitions,
  ...input.environment,
  ...requests,
  ...load,
];

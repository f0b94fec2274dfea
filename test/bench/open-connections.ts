import { join } from 'node:path';
import { inParallel } from '../../functions/monitor/monitor.js';
import { awsOfManyPools, secretDefinition } from '../support/aws-of-many-pools.js';
import { startTestServer, type TestServer } from '../support/postgres.js';
import { CHECK_ROLE } from '../support/probe.js';
import { deployedNode } from '../tools/deployed-node.js';
import { compareWarm, type Line } from './comparison.js';
import { prepareServer, runFresh, type Variant } from './fresh-process.js';
import { inTurn, medianOf } from './spread.js';

const OPEN = [10, 100, 1_000, 3_000];
/** Far above `OPEN`: near its limit the check looks at more, and more often. */
const MAX_CONNECTIONS = 5_000;
const ROUNDS = 11;
/** A time beyond its limit is measured again before it counts. */
const MAX_PASSES = 3;
/** Until the compiler of Node has seen the check often enough. */
const WARM_UP_INVOCATIONS = 20;
const WARM_INVOCATIONS = 60;
/** Logins under way at the same time while connections are opened. */
const LOGINS_AT_ONCE = 20;

/** The warm check of two builds, in turns, on a server with more and more open connections. */
export async function measureWithOpenConnections(before: Variant, after: Variant): Promise<readonly Line[]> {
  const server = await startTestServer({ max_connections: `${MAX_CONNECTIONS}` });
  const definition = secretDefinition(server.postgres.port, 'shop', CHECK_ROLE);
  const aws = await awsOfManyPools(1, definition, server.postgres.password);
  try {
    await prepareServer(server);
    await server.createRole('app');
    const lines: Line[] = [];
    let open = 0;
    for (const count of OPEN) {
      await inParallel(Array(count - open).fill(null), LOGINS_AT_ONCE, () =>
        server.connect({ user: 'app', database: 'shop' }),
      );
      open = count;
      lines.push(await measure({ open, before, after }, server, aws.url));
    }
    return lines;
  } finally {
    await aws.close();
    await server.close();
  }
}

interface Case {
  readonly open: number;
  readonly before: Variant;
  readonly after: Variant;
}

async function measure({ open, before, after }: Case, server: TestServer, awsUrl: string): Promise<Line> {
  const node = join(deployedNode(), 'node');
  const builds = [before, after].map((variant) => ({ variant, times: [] as number[] }));
  for (let pass = 1; ; pass += 1) {
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const { variant, times } of inTurn(builds, round)) {
        const { warm } = await runFresh(server, node, variant, awsUrl, WARM_UP_INVOCATIONS + WARM_INVOCATIONS);
        times.push(medianOf(warm.slice(WARM_UP_INVOCATIONS)));
      }
    }
    const [ofBefore, ofAfter] = builds.map(({ times }) => times) as [number[], number[]];
    const line = compareWarm(open, ofBefore, ofAfter);
    if (pass === MAX_PASSES || !line.isBeyondLimit) {
      return line;
    }
  }
}

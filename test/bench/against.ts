import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inParallel } from '../../functions/monitor/monitor.js';
import { HANDLERS, type Handler } from '../../infra/build/entry-points.js';
import type { AwsEndpoint } from '../support/aws-endpoint.js';
import { awsOfManyPools, secretDefinition } from '../support/aws-of-many-pools.js';
import { startTestServer, type TestServer } from '../support/postgres.js';
import { CHECK_ROLE } from '../support/probe.js';
import { deployedNode } from '../tools/deployed-node.js';
import { bundleFrom, deployedBundle } from './bundles.js';
import { compare, type Figures, type Limits, type Line } from './comparison.js';
import { EVENTS, prepareServer, runFresh, type Sample, type Variant } from './fresh-process.js';
import { measureWithOpenConnections } from './open-connections.js';
import { inTurn, medianOf } from './spread.js';
import type { BuiltCommit } from './worktree.js';

const ROUNDS = 21;
/** A time beyond its limit is measured again before it counts: each pass adds `ROUNDS` runs of both builds. */
const MAX_PASSES = 3;
/** Until the compiler of Node has seen the check often enough. */
const WARM_UP_INVOCATIONS = 20;
const WARM_INVOCATIONS = 60;

/** One build of a handler, and its samples so far. */
interface Build {
  readonly variant: Variant;
  readonly samples: Sample[];
}

interface Builds {
  readonly handler: Handler;
  readonly before: Build;
  readonly after: Build;
}

/**
 * Measures the bundles of another commit beside those of the working tree: cold start of every handler, and warm
 * invocations of the check. The builds take turns, each run in a process of its own.
 */
export async function measureAgainst(old: BuiltCommit, limits: Limits): Promise<readonly Line[]> {
  const all = await inParallel(HANDLERS, 1, (handler) => buildsOf(handler, old));
  const server = await startTestServer();
  try {
    await prepareServer(server);
    const definition = secretDefinition(server.postgres.port, 'shop', CHECK_ROLE);
    const aws = await awsOfManyPools(1, definition, server.postgres.password);
    const lines = await inParallel(all, 1, (builds) => measure(builds, server, aws, limits));
    await aws.close();
    return [...lines.flat(), ...(await withOpenConnections(all))];
  } finally {
    await server.close();
  }
}

async function withOpenConnections(all: readonly Builds[]): Promise<readonly Line[]> {
  const check = all.find(({ handler }) => handler === 'check');
  return check ? await measureWithOpenConnections(check.before.variant, check.after.variant) : [];
}

async function buildsOf(handler: Handler, { folder }: BuiltCommit): Promise<Builds> {
  const event = EVENTS[handler];
  const before = bundleFrom(join(folder, 'dist', 'functions', handler), join('old', handler));
  const after = await deployedBundle(handler);
  return {
    handler,
    before: { variant: { name: 'old', folder: before, event }, samples: [] },
    after: { variant: { name: 'new', folder: after, event }, samples: [] },
  };
}

async function measure(builds: Builds, server: TestServer, aws: AwsEndpoint, limits: Limits): Promise<readonly Line[]> {
  const { handler, before, after } = builds;
  // The first round brings files into the memory of the system.
  await takeTurns(builds, 1, server, aws);
  for (const { samples } of [before, after]) {
    samples.length = 0;
  }
  for (let pass = 1; ; pass += 1) {
    await takeTurns(builds, ROUNDS, server, aws);
    const lines = compare({ handler, before: figuresOf(before), after: figuresOf(after) }, limits);
    if (pass === MAX_PASSES || !lines.some(({ unit, isBeyondLimit }) => unit === 'ms' && isBeyondLimit)) {
      return lines;
    }
  }
}

async function takeTurns(
  { handler, before, after }: Builds,
  rounds: number,
  server: TestServer,
  aws: AwsEndpoint,
): Promise<void> {
  const node = join(deployedNode(), 'node');
  const invocations = handler === 'check' ? WARM_UP_INVOCATIONS + WARM_INVOCATIONS : 0;
  for (let round = 0; round < rounds; round += 1) {
    for (const { variant, samples } of inTurn([before, after], round)) {
      samples.push(await runFresh(server, node, variant, aws.url, invocations));
    }
  }
}

function figuresOf({ variant: { folder }, samples }: Build): Figures {
  const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
  return {
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    startBytes: statSync(join(folder, 'index.js')).size,
    init: samples.map(({ init }) => init),
    firstAnswer: samples.map(({ init, first }) => init + first),
    warm: samples.flatMap(({ warm }) => (warm.length > 0 ? [medianOf(warm.slice(WARM_UP_INVOCATIONS))] : [])),
  };
}

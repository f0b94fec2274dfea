import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inParallel } from '../../functions/monitor/monitor.js';
import { handlerBundle } from '../../infra/build/bundles.js';
import { HANDLERS, type Handler } from '../../infra/build/entry-points.js';
import { awsOfManyPools, secretDefinition } from '../support/aws-of-many-pools.js';
import { startTestServer, type TestServer } from '../support/postgres.js';
import { CHECK_ROLE } from '../support/probe.js';
import { deployedNode } from '../tools/deployed-node.js';
import { fetchPackage } from '../tools/fetch-package.js';
import { bundleOf, deployedBundle } from './bundles.js';
import { EVENTS, prepareServer, runFresh, type Sample, type Variant } from './fresh-process.js';
import type { Part } from './part.js';
import { inTurn, medianOf, spreadOf } from './spread.js';
import { aim, figure, spread, type Table } from './table.js';

const ROUNDS = 21;
const QUICK_ROUNDS = 3;
const NODE_22 = '22.23.3';
const AIM = 1.15;

const PLAIN = 'plain reference';

/** Every deployed bundle in fresh processes, beside an empty handler and a plain bundle of the same libraries. */
export const coldStart: Part = {
  name: 'cold-start',
  what: 'the first answer of each deployed bundle in a fresh process',
  measure: async (isQuick) => {
    const server = await startTestServer();
    try {
      await prepareServer(server);
      const variants = [...(await references()), ...(await inParallel(HANDLERS, 1, deployed))];
      const nodes = isQuick ? [deployedNode()] : [deployedNode(), node22()];
      return await inParallel(nodes, 1, (node) => measure(server, join(node, 'node'), variants, isQuick));
    } finally {
      await server.close();
    }
  },
};

function node22(): string {
  return join(fetchPackage(`node-${process.platform}-${process.arch}`, NODE_22, 'node22'), 'bin');
}

async function references(): Promise<Variant[]> {
  const entries = { 'empty handler': 'empty', [PLAIN]: 'plain' };
  return await inParallel(Object.entries(entries), 1, async ([name, entry]) => {
    const options = { ...handlerBundle('check'), entryPoints: { index: `test/bench/reference/${entry}.ts` } };
    // Plain: without what makes our own bundles smaller.
    const folder = await bundleOf(entry, { ...options, plugins: [], supported: {} });
    return { name, folder, event: {} };
  });
}

async function deployed(handler: Handler): Promise<Variant> {
  return { name: handler, folder: await deployedBundle(handler), event: EVENTS[handler] };
}

async function measure(
  server: TestServer,
  node: string,
  variants: readonly Variant[],
  isQuick: boolean,
): Promise<Table> {
  const definition = secretDefinition(server.postgres.port, 'shop', CHECK_ROLE);
  const aws = await awsOfManyPools(1, definition, server.postgres.password);
  const samples = new Map(variants.map(({ name }) => [name, [] as Sample[]]));
  // The first round brings files into the memory of the system.
  for (let round = -1; round < (isQuick ? QUICK_ROUNDS : ROUNDS); round += 1) {
    for (const variant of inTurn(variants, round + 1)) {
      const sample = await runFresh(server, node, variant, aws.url);
      samples.get(variant.name)?.push(...(round < 0 ? [] : [sample]));
    }
  }
  await aws.close();
  const { stdout } = await promisify(execFile)(node, ['-p', 'process.version']);
  return table(stdout.trim(), samples);
}

function table(version: string, samples: ReadonlyMap<string, readonly Sample[]>): Table {
  const plain = samples.get(PLAIN) ?? [];
  const total = ({ init, first }: Sample) => init + first;
  const ratio = (all: readonly Sample[], of: (sample: Sample) => number) =>
    medianOf(all.map(of)) / medianOf(plain.map(of));
  const rows = [...samples].map(([name, all]) => [
    name,
    spread(spreadOf(all.map(({ init }) => init))),
    figure(ratio(all, ({ init }) => init)),
    spread(spreadOf(all.map(total))),
    figure(ratio(all, total)),
    spread(spreadOf(all.map(({ megabytes }) => megabytes))),
  ]);
  const aims = (['check', 'pool'] as const).map((name) => {
    const all = samples.get(name) ?? [];
    const [init, answer] = [ratio(all, (sample) => sample.init), ratio(all, total)];
    const what = `${name} within ${AIM} times the plain reference: init ${figure(init)}, with the first answer ${figure(answer)}`;
    return aim(what, init <= AIM && answer <= AIM);
  });
  return {
    title: `Node ${version}, milliseconds`,
    columns: ['', 'init', 'of plain', 'init and first answer', 'of plain', 'resident MB'],
    rows,
    notes: aims,
  };
}

import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DETAILS_ROUTE, PAGE_ROUTES, ROUTES } from '../../functions/core/routes.js';
import { inParallel } from '../../functions/monitor/parallel.js';
import { handlerBundle } from '../../infra/build/bundles.js';
import { HANDLERS, type Handler } from '../../infra/entry-points.js';
import { lambdaVariables } from '../support/aws-endpoint.js';
import { awsOfManyPools, secretDefinition } from '../support/aws-of-many-pools.js';
import { getEvent } from '../support/events.js';
import { startTestServer, type TestServer } from '../support/postgres.js';
import { CHECK_ROLE } from '../support/probe.js';
import { deployedNode } from '../tools/deployed-node.js';
import { fetchPackage } from '../tools/fetch-package.js';
import { bundleOf, deployedBundle, workFolder } from './bundles.js';
import type { Part } from './part.js';
import { inTurn, medianOf, spreadOf } from './spread.js';
import { aim, figure, spread, type Table } from './table.js';

const ROUNDS = 21;
const QUICK_ROUNDS = 3;
const NODE_22 = '22.23.3';
const AIM = 1.15;

/** Milliseconds until the handler can be called, and from then to its first answer; resident megabytes. */
interface Sample {
  readonly init: number;
  readonly first: number;
  readonly megabytes: number;
}

/** A folder with `index.js`, and the event that its handler gets. */
interface Variant {
  readonly name: string;
  readonly folder: string;
  readonly event: object;
}

const PLAIN = 'plain reference';

/** Every deployed bundle in fresh processes, beside an empty handler and a plain bundle of the same libraries. */
export const coldStart: Part = {
  name: 'cold-start',
  what: 'the first answer of each deployed bundle in a fresh process',
  measure: async (isQuick) => {
    const server = await startTestServer();
    try {
      await prepare(server);
      const variants = [...(await references()), ...(await inParallel(HANDLERS, 1, deployed))];
      const nodes = isQuick ? [deployedNode()] : [deployedNode(), node22()];
      return await inParallel(nodes, 1, (node) => measure(server, join(node, 'node'), variants, isQuick));
    } finally {
      await server.close();
    }
  },
};

/** The server takes the role of the check without a password: how a login is had is not what is compared. */
async function prepare(server: TestServer): Promise<void> {
  await server.createCheckRole(CHECK_ROLE);
  await server.createDatabase('shop');
  const file = join(server.postgres.directory, 'data', 'pg_hba.conf');
  writeFileSync(file, `host all ${CHECK_ROLE} 127.0.0.1/32 trust\n${readFileSync(file, 'utf8')}`);
  await server.sql('SELECT pg_reload_conf()');
}

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

const EVENTS: Readonly<Record<Handler, object>> = {
  check: {},
  pool: getEvent(ROUTES.worstPool),
  details: getEvent(DETAILS_ROUTE),
  page: getEvent(PAGE_ROUTES.page),
};

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
      const sample = await start(node, variant, aws.url);
      samples.get(variant.name)?.push(...(round < 0 ? [] : [sample]));
      await server.gone('sessions of the check', `usename = '${CHECK_ROLE}'`);
    }
  }
  await aws.close();
  const { stdout } = await promisify(execFile)(node, ['-p', 'process.version']);
  return table(stdout.trim(), samples);
}

const DRIVER = `
const [, , folder, event] = process.argv;
const startedAt = performance.now();
const { handler } = require(folder);
const readyAt = performance.now();
handler(JSON.parse(event)).then((answer) => {
  const first = performance.now() - readyAt;
  const isWell = answer?.statusCode === undefined ? answer?.[0]?.verdict?.status !== 'unhealthy' : answer.statusCode === 200;
  if (!isWell) throw new Error(JSON.stringify(answer));
  const sample = { init: readyAt - startedAt, first, megabytes: process.memoryUsage().rss / 1e6 };
  require('node:fs').writeSync(2, JSON.stringify(sample));
  process.exit();
});
`;

async function start(node: string, { folder, event }: Variant, awsUrl: string): Promise<Sample> {
  const driver = join(workFolder(), 'cold-start.cjs');
  writeFileSync(driver, DRIVER);
  const { stderr } = await promisify(execFile)(node, [driver, folder, JSON.stringify(event)], {
    env: lambdaVariables(awsUrl),
  });
  return JSON.parse(stderr);
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

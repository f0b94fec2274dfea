import { makeDist } from '../../infra/build/build.js';
import { type CostedTemplate, deploymentCosts } from '../../infra/cost/bill.js';
import { type Cost, MINUTES, monthlyUsd, PRICES } from '../../infra/cost/prices.js';
import type { TestServer } from '../support/postgres.js';
import { ATTACH, templateOf } from '../support/synth.js';
import { deployedBundle } from './bundles.js';
import { invoke, startServer } from './check-process.js';
import type { Part } from './part.js';
import { medianOf } from './spread.js';
import { figure, type Table } from './table.js';

const POOLS = [1, 10, 100];
const MOST_IN_A_STACK = 35;
/** Milliseconds of a call to AWS, which the one of this measurement, on the same machine, answers at once. */
const CALL_MS = 20;
/** MB at which Lambda gives one whole processor. @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const MEMORY_OF_A_PROCESSOR = 1_769;
/** A load balancer or uptime check that asks every ten seconds, and what an answer from a warm function takes. */
const GETS = MINUTES * 6;
const GET_MS = 20;

/** What a deployment costs a month, from its template, its prices and what its check does. */
export const cost: Part = {
  name: 'cost',
  what: 'USD a month for 1, 10 and 100 pools',
  measure: async () => {
    await makeDist();
    const server = await startServer(Math.max(...POOLS));
    try {
      const folder = await deployedBundle('check');
      const bills: (readonly Cost[])[] = [];
      for (const pools of POOLS) {
        const parts: (readonly Cost[])[] = [];
        for (const [index, size] of deployments(pools).entries()) {
          parts.push(await bill(server, folder, size, index === 0));
        }
        bills.push(added(parts));
      }
      return [table(bills)];
    } finally {
      await server.close();
    }
  },
};

/** Pools of each deployment: a stack of CloudFormation takes 500 resources at most, and a pool has a dozen. */
function deployments(pools: number): readonly number[] {
  const count = Math.ceil(pools / MOST_IN_A_STACK);
  return Array.from({ length: count }, (_, index) => Math.floor((pools + index) / count));
}

/** @param isFirst whether it brings the interface endpoints, which the others then use, and is asked by GETs */
async function bill(server: TestServer, folder: string, pools: number, isFirst: boolean): Promise<readonly Cost[]> {
  const template = templateOf(contextOf(pools, isFirst ? 'endpoints' : 'nat')).toJSON() as CostedTemplate;
  const { warm, warmCalls } = await invoke(server, folder, pools);
  const ours = medianOf(warm.map(({ ms, cpuMs }) => ms + cpuMs * (MEMORY_OF_A_PROCESSOR / memoryOf(template) - 1)));
  const { GetParametersByPath = 0, PutMetricData = 0 } = warmCalls;
  return deploymentCosts(template, {
    pools,
    checkMs: ours + (GetParametersByPath + 1) * CALL_MS,
    calls: PutMetricData,
    // Every five minutes and pool, by the check's environment and, while GETs come, by the API's.
    metricsRead: (pools / 5) * (isFirst ? 2 : 1),
    gets: isFirst ? GETS : 0,
    getMs: GET_MS,
  });
}

/** One bill for several deployments. */
function added([first = [], ...rest]: readonly (readonly Cost[])[]): readonly Cost[] {
  return first.map((line, index) => {
    const all = [line, ...rest.flatMap((other) => other[index] ?? [])];
    const [quantity, usd] = [all.reduce((total, each) => total + each.quantity, 0), monthlyUsd(all)];
    return { ...line, quantity, each: quantity === 0 ? 0 : usd / quantity };
  });
}

/** Databases that are reached directly, from two zones without NAT: all that pool-health can need of its own. */
function contextOf(count: number, egress: 'endpoints' | 'nat'): object {
  const [, , { definition, cidr }] = ATTACH.pools;
  const iam = { ...definition, auth: { type: 'iam' } };
  const pools = Array.from({ length: count }, (_, index) => ({
    name: `pool-${index}`,
    definition: iam,
    cidr,
    dbResourceId: 'db-ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  }));
  return { ...ATTACH, egress, pools };
}

function memoryOf({ Resources }: CostedTemplate): number {
  const [check] = Object.values(Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
  return Number(check?.Properties?.MemorySize);
}

function table(bills: readonly (readonly Cost[])[]): Table {
  const [first = []] = bills;
  const dollars = (usd: number) => usd.toFixed(2);
  const rows = first.map(({ what }, index) => [
    what.replace(/ of \d+ ms/, ''),
    ...bills.map((bill) => dollars(monthlyUsd(bill.slice(index, index + 1)))),
  ]);
  const totals = bills.map(monthlyUsd);
  const durations = bills.map((bill) =>
    bill.find(({ what }) => what.startsWith('checks'))?.what.replace('checks of ', ''),
  );
  return {
    title: 'USD a month, in us-east-1 without the free tier; functions in two zones without NAT',
    columns: ['', ...POOLS.map((count) => `${figure(count)} ${count === 1 ? 'pool' : 'pools'}`)],
    rows: [
      ...rows,
      ['**all**', ...totals.map(dollars)],
      ['all, a pool', ...totals.map((total, index) => dollars(total / (POOLS[index] ?? 1)))],
      [
        'all, with NAT that is there',
        ...totals.map((total, index) => dollars(total - monthlyUsd((bills[index] ?? []).slice(0, 1)))),
      ],
    ],
    notes: [
      `billed for a check: ${durations.join(', ')}, measured here, the processor's part stretched to its share at the memory of the function, and ${CALL_MS} ms for each call to AWS that waits for the one before`,
      `a stack takes ${MOST_IN_A_STACK} pools or a few more; more are several deployments, and 100 pools are ${deployments(100).length}`,
      `metrics read: of applications that publish no gauges; one that does adds ${figure(MINUTES * PRICES.metricRead)} for the check, and as much for the API while GETs come`,
      `GETs: one every ten seconds, ${GET_MS} ms each`,
    ],
  };
}

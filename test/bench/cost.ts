import { DEFAULT_NAMESPACE } from '../../functions/core/namespace.js';
import { makeDist } from '../../infra/build/build.js';
import { type CostedTemplate, deploymentCosts, synthesizedTemplate } from '../../infra/cost/bill.js';
import { type Cost, MINUTES, monthlyUsd, PRICES } from '../../infra/cost/prices.js';
import { ATTACH, emptyApp, stackOf } from '../support/synth.js';
import { deployedBundle } from './bundles.js';
import { invoke, type Measured, startServer } from './check-process.js';
import type { Part } from './part.js';
import { medianOf } from './spread.js';
import { figure, type Table } from './table.js';

/** Pools of a deployment, and the RDS Proxies that they are behind; 0 are databases that are reached directly. */
interface Size {
  readonly pools: number;
  readonly proxies: number;
}

const SIZES: readonly Size[] = [1, 10, 100].map((pools) => ({ pools, proxies: 0 }));
const PROXIED: readonly Size[] = [10, 100].flatMap((pools) => [1, 10].map((proxies) => ({ pools, proxies })));
/** Pools whose alarms fit into a stack. */
const POOLS_IN_A_STACK = 30;
/** Milliseconds of a call to AWS, which the one of this measurement, on the same machine, answers at once. */
const CALL_MS = 20;
/** MB at which Lambda gives one whole processor. @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const MEMORY_OF_A_PROCESSOR = 1_769;
/** A load balancer or uptime check that asks every ten seconds, and what an answer from a warm function takes. */
const GETS = MINUTES * 6;
const GET_MS = 20;

type Bill = readonly Cost[];

/** What a deployment costs a month, from its templates, its prices and what its check does. */
export const cost: Part = {
  name: 'cost',
  what: 'USD a month for 1, 10 and 100 pools, directly and behind RDS Proxies',
  measure: async () => {
    await makeDist();
    const server = await startServer(Math.max(...SIZES.map(({ pools }) => pools)));
    try {
      const folder = await deployedBundle('check');
      const checks = new Map<number, Measured>();
      for (const { pools } of SIZES) {
        checks.set(pools, await invoke(server, folder, pools));
      }
      const billOf = (size: Size) => bill(size, checks.get(size.pools));
      return [directly(SIZES.map(billOf)), behindProxies(PROXIED.map(billOf))];
    } finally {
      await server.close();
    }
  },
};

/** @param check measured with so many pools that are reached directly: the figures of a proxy are read in further calls */
function bill({ pools, proxies }: Size, check: Measured | undefined): Bill {
  const app = emptyApp();
  stackOf(contextOf({ pools, proxies }), app);
  const template = synthesizedTemplate(app);
  const { warm = [], warmCalls = {} } = check ?? {};
  const ours = medianOf(warm.map(({ ms, cpuMs }) => ms + cpuMs * (MEMORY_OF_A_PROCESSOR / memoryOf(template) - 1)));
  const calls = (warmCalls.GetParametersByPath ?? 0) + 1 + (proxies > 0 ? 1 : 0);
  const checkMs = ours + calls * CALL_MS;
  return deploymentCosts(template, {
    pools,
    namespace: DEFAULT_NAMESPACE,
    proxies,
    checkMs,
    gets: GETS,
    getMs: GET_MS,
  });
}

/** Functions in two zones without NAT: all that pool-health can need of its own. */
function contextOf({ pools: count, proxies }: Size): object {
  const [proxied, , direct] = ATTACH.pools;
  const pools = Array.from({ length: count }, (_, index) => ({
    ...(proxies === 0
      ? {
          definition: { ...direct.definition, auth: { type: 'iam' } },
          cidr: direct.cidr,
          dbResourceId: 'db-ABCDEFGHIJKLMNOPQRSTUVWXYZ',
        }
      : {
          ...proxied,
          definition: { ...proxied.definition, managed: { kind: 'rds-proxy', name: `proxy-${index % proxies}` } },
        }),
    name: `pool-${index}`,
    alarmStack: Math.floor(index / POOLS_IN_A_STACK),
  }));
  return { ...ATTACH, pools };
}

function memoryOf({ Resources }: CostedTemplate): number {
  const [check] = Object.values(Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
  return Number(check?.Properties?.MemorySize);
}

function directly(bills: readonly Bill[]): Table {
  const durations = bills.map((each) =>
    each.find(({ what }) => what.startsWith('checks'))?.what.replace('checks of ', ''),
  );
  const table = tableOf(SIZES, bills);
  const endpoints = bills.map((each) => monthlyUsd(each.filter(({ what }) => what.startsWith('interface endpoints'))));
  return {
    title: 'USD a month, in us-east-1 without the free tier; functions in two zones without NAT',
    ...table,
    rows: [
      ...table.rows,
      [
        'all, with NAT that is there',
        ...bills.map((each, index) => dollars(monthlyUsd(each) - (endpoints[index] ?? 0))),
      ],
    ],
    notes: [
      `billed for a check: ${durations.join(', ')}, measured here, the processor's part stretched to its share at the memory of the function, and ${CALL_MS} ms for each call to AWS that waits for the one before`,
      `metrics read: of applications that publish no gauges; one that does adds ${figure(MINUTES * PRICES.metricRead)} for the check, and as much for the API while GETs come`,
      `GETs: one every ten seconds, ${GET_MS} ms each`,
    ],
  };
}

function behindProxies(bills: readonly Bill[]): Table {
  return {
    title: 'The same behind RDS Proxies; their own price is not included',
    ...tableOf(PROXIED, bills),
    notes: [
      'the check reads the figures of each proxy every minute, once for all of its pools; the API reads them at most every five minutes, and only while GETs come',
    ],
  };
}

/** The lines of bills side by side, without those that are 0 in all, and their sums. */
function tableOf(sizes: readonly Size[], bills: readonly Bill[]): Pick<Table, 'columns' | 'rows'> {
  const [first = []] = bills;
  const rows = first.flatMap(({ what }, index) => {
    const amounts = bills.map((each) => monthlyUsd(each.slice(index, index + 1)));
    return amounts.some((usd) => usd > 0) ? [[what.replace(/ of \d+ ms/, ''), ...amounts.map(dollars)]] : [];
  });
  const totals = bills.map(monthlyUsd);
  return {
    columns: ['', ...sizes.map(heading)],
    rows: [
      ...rows,
      ['**all**', ...totals.map(dollars)],
      ['all, a pool', ...totals.map((total, index) => dollars(total / (sizes[index]?.pools ?? 1)))],
    ],
  };
}

function heading({ pools, proxies }: Size): string {
  const counted = (count: number, singular: string, plural: string) =>
    `${figure(count)} ${count === 1 ? singular : plural}`;
  const behind = proxies === 0 ? '' : ` behind ${counted(proxies, 'proxy', 'proxies')}`;
  return `${counted(pools, 'pool', 'pools')}${behind}`;
}

function dollars(usd: number): string {
  return usd.toFixed(2);
}

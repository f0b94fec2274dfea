import { NestedStack, Token } from 'aws-cdk-lib';
import { Alarm, AlarmStatusWidget, type IAlarm, type IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { MonitoredProxy } from './alarms.js';
import { ACT_NOW, type AlarmLinks, pageOf } from './descriptions.js';
import { FUNCTION_ALARMS, type MonitorFunction } from './function-alarms.js';
import { monitorGraphs, poolGraphsBesideNumbers, poolNumbers, proxyGraphs } from './graphs.js';
import { type DashboardSize, fitsIntoDashboard, LimitedDashboard, sizeOf } from './limited-dashboard.js';
import { POOL_ALARMS } from './pool-alarms.js';
import { PROXY_ALARMS } from './proxy-alarms.js';
import type { AlarmThresholds } from './thresholds.js';
import { FULL_WIDTH, graphs, heading, type Link, numbers } from './widgets.js';

/** The first widget shows one alarm of each pool, and those of the monitor; CloudWatch takes 100. */
const MAX_POOLS = 75;
/** Alarms that CloudWatch shows side by side in a widget of full width. */
const ALARMS_SIDE_BY_SIDE = 6;

export interface DashboardsProps {
  /** Name of the first dashboard, and first part of the alarms' names. */
  readonly name: string;
  /** The CloudWatch namespace of the metrics. */
  readonly namespace: string;
  /** At least one. */
  readonly pools: readonly string[];
  readonly proxies: readonly MonitoredProxy[];
  readonly functions: readonly MonitorFunction[];
  readonly thresholds: AlarmThresholds;
  readonly links: AlarmLinks;
}

/** Widgets that are side by side. */
type Line = readonly IWidget[];

/** What a dashboard shows of a pool, and of the proxies that are shown with it. */
interface Section {
  readonly pool: string;
  readonly lines: readonly Line[];
}

/**
 * The dashboards for engineers on call, one for up to 75 pools. Each begins with the alarms that need action. The section of a pool begins
 * with numbers and ends with its alarms.
 *
 * @param id of the first dashboard. Further ones are `<id>2` and so on, in nested stacks: the template of the main stack has
 * no space for them.
 */
export function createDashboards(
  scope: Construct,
  id: string,
  props: DashboardsProps,
): readonly [LimitedDashboard, ...LimitedDashboard[]] {
  const widgets = new Widgets(scope, `${id}Widgets`, props);
  const [first = [], ...further] = parts(widgets);
  return [
    filled(new LimitedDashboard(scope, id, props.name), widgets, first),
    ...further.map((part, index) => {
      const number = index + 2;
      const nested = new NestedStack(scope, `${id}${number}`, { suppressTemplateIndentation: true });
      return filled(new LimitedDashboard(nested, id, `${props.name}-${number}`), widgets, part);
    }),
  ];
}

function filled(dashboard: LimitedDashboard, widgets: Widgets, sections: readonly Section[]): LimitedDashboard {
  for (const line of linesOf(widgets, sections)) {
    dashboard.addWidgets(...line);
  }
  return dashboard;
}

function linesOf(widgets: Widgets, sections: readonly Section[]): readonly Line[] {
  const pools = sections.map(({ pool }) => pool);
  return [widgets.actNow(pools), ...sections.flatMap(({ lines }) => lines), ...widgets.monitor()];
}

/** The sections of each dashboard, in the order of the pools: as many as it takes. */
function parts(widgets: Widgets): readonly (readonly Section[])[] {
  const common = sizeOf(linesOf(widgets, []).flat());
  const all: Section[][] = [];
  let current: Section[] = [];
  let sizes: DashboardSize[] = [];
  for (const section of widgets.sections()) {
    const size = sizeOf(section.lines.flat());
    if (current.length === 0 || current.length === MAX_POOLS || !fitsIntoDashboard([...sizes, size])) {
      current = [];
      sizes = [common];
      all.push(current);
    }
    current.push(section);
    sizes.push(size);
  }
  return all;
}

/** The widgets of a deployment. */
class Widgets extends Construct {
  readonly #props: DashboardsProps;
  /** The alarms that are shown, by the part of their name after that of the deployment. */
  readonly #alarms = new Map<string, IAlarm>();

  constructor(scope: Construct, id: string, props: DashboardsProps) {
    super(scope, id);
    this.#props = props;
  }

  /** What each dashboard begins with. */
  actNow(pools: readonly string[]): Line {
    const alarms = [...pools.map((pool) => `${pool}-${ACT_NOW}`), ...FUNCTION_ALARMS.map(({ name }) => name)];
    return [this.#alarmStates('Act now', alarms)];
  }

  /** What each dashboard ends with. */
  monitor(): readonly Line[] {
    return [[heading('pool-health itself', [])], graphs(monitorGraphs(this.#props.functions))];
  }

  /** For each pool its row, and the rows of the proxies that are shown with it. */
  sections(): readonly Section[] {
    const { pools, proxies } = this.#props;
    return pools.map((pool) => ({
      pool,
      lines: [
        ...this.#pool(pool),
        ...proxies.filter((proxy) => proxy.pool === pool).flatMap((proxy) => this.#proxy(proxy)),
      ],
    }));
  }

  #pool(pool: string): readonly Line[] {
    const alarms = POOL_ALARMS.map(({ name }) => `${pool}-${name}`);
    return [
      [heading(`Pool ${pool}`, this.#links(pool))],
      [numbers(poolNumbers(pool, this.#props.namespace))],
      graphs(poolGraphsBesideNumbers(pool, this.#props.namespace, this.#props.thresholds)),
      [this.#alarmStates(`Alarms of pool ${pool}`, alarms)],
    ];
  }

  #proxy({ label, name: proxy, pool }: MonitoredProxy): readonly Line[] {
    const alarms = PROXY_ALARMS.map(({ name }) => `${label}-${name}`);
    return [
      [heading(`RDS Proxy ${proxy}`, this.#links(pool))],
      graphs(proxyGraphs(proxy, this.#props.thresholds)),
      [this.#alarmStates(`Alarms of RDS Proxy ${proxy}`, alarms)],
    ];
  }

  #links(pool: string): readonly Link[] {
    const { page, runbook } = this.#props.links;
    return [
      ...(page === null ? [] : [{ label: `page of pool ${pool}`, url: pageOf(page, pool) }]),
      // A path leads nowhere from the console. The URL of the API is known only at deployment.
      ...(Token.isUnresolved(runbook) || runbook.includes('://') ? [{ label: 'runbook', url: runbook }] : []),
    ];
  }

  #alarmStates(title: string, names: readonly string[]): IWidget {
    const height = 1 + Math.ceil(names.length / ALARMS_SIDE_BY_SIDE);
    return new AlarmStatusWidget({ title, alarms: names.map((name) => this.#alarm(name)), width: FULL_WIDTH, height });
  }

  /** An alarm by its name: a reference would need an output of its nested stack, which may have 200. */
  #alarm(name: string): IAlarm {
    const alarm = this.#alarms.get(name) ?? Alarm.fromAlarmName(this, name, `${this.#props.name}-${name}`);
    this.#alarms.set(name, alarm);
    return alarm;
  }
}

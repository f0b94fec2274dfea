import {
  type AlarmBase,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { MonitoredProxy } from './alarms.js';
import { type Graph, poolGraphs, proxyGraphs } from './graphs.js';
import type { AlarmThresholds } from './thresholds.js';

const LABELS: Readonly<Record<Graph['unit'], string>> = { percent: '%', count: '', ms: 'ms', µs: 'µs' };

export interface DashboardProps {
  readonly name: string;
  readonly pools: readonly string[];
  readonly proxies: readonly MonitoredProxy[];
  readonly alarms: readonly AlarmBase[];
  readonly thresholds: AlarmThresholds;
}

/** The dashboard for engineers on call: all alarms, then a row for each pool and each RDS Proxy. */
export function createDashboard(scope: Construct, id: string, props: DashboardProps): Dashboard {
  const { name, pools, proxies, alarms, thresholds } = props;
  const dashboard = new Dashboard(scope, id, { dashboardName: name });
  dashboard.addWidgets(new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 24, height: 4 }));
  for (const pool of pools) {
    dashboard.addWidgets(heading(`Pool ${pool}`));
    dashboard.addWidgets(...poolGraphs(pool, thresholds).map(widget));
  }
  for (const { name: proxy } of proxies) {
    dashboard.addWidgets(heading(`RDS Proxy ${proxy}`));
    dashboard.addWidgets(...proxyGraphs(proxy, thresholds).map(widget));
  }
  return dashboard;
}

function heading(text: string): IWidget {
  return new TextWidget({ markdown: `## ${text}`, width: 24, height: 1 });
}

function widget({ title, unit, metrics, lines }: Graph): IWidget {
  const leftAnnotations = lines.map((value) => ({ value, label: `${value} ${LABELS[unit]}`.trim() }));
  const label = LABELS[unit];
  return new GraphWidget({
    title: label === '' ? title : `${title} (${label})`,
    left: [...metrics],
    leftAnnotations,
    leftYAxis: { min: 0 },
    width: 6,
    height: 6,
  });
}

import {
  type AlarmBase,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { poolMetric, proxyBorrowLatency, proxyGauge } from './metrics.js';
import type { WatchedProxy } from './proxies.js';
import type { AlarmThresholds } from './thresholds.js';

export interface DashboardProps {
  readonly name: string;
  readonly pools: readonly string[];
  readonly proxies: readonly WatchedProxy[];
  readonly alarms: readonly AlarmBase[];
  readonly thresholds: AlarmThresholds;
}

/** What an engineer on call looks at: all alarms, then a row for each pool and for each RDS Proxy. */
export function createDashboard(scope: Construct, id: string, props: DashboardProps): Dashboard {
  const { name, pools, proxies, alarms, thresholds } = props;
  const dashboard = new Dashboard(scope, id, { dashboardName: name });
  dashboard.addWidgets(new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 24, height: 4 }));
  for (const pool of pools) {
    dashboard.addWidgets(heading(`Pool ${pool}`));
    dashboard.addWidgets(...poolRow(pool, thresholds));
  }
  for (const { name: proxy } of proxies) {
    dashboard.addWidgets(heading(`RDS Proxy ${proxy}`));
    dashboard.addWidgets(...proxyRow(proxy));
  }
  return dashboard;
}

function poolRow(pool: string, thresholds: AlarmThresholds): readonly IWidget[] {
  const { utilizationWarning, utilizationHigh, utilizationCritical } = thresholds;
  const lines = [utilizationWarning, utilizationHigh, utilizationCritical];
  return [
    graph('Utilization (%)', [poolMetric(pool, 'Utilization')], lines),
    graph('Connections', [
      poolMetric(pool, 'ActiveConnections'),
      poolMetric(pool, 'IdleConnections'),
      poolMetric(pool, 'TotalConnections'),
      poolMetric(pool, 'PoolSize'),
    ]),
    graph('Healthy, saturated, waiting', [
      poolMetric(pool, 'Healthy'),
      poolMetric(pool, 'Saturated'),
      poolMetric(pool, 'WaitingRequests'),
    ]),
    graph('Duration of the check (ms)', [poolMetric(pool, 'CheckDuration')]),
  ];
}

function proxyRow(proxy: string): readonly IWidget[] {
  return [
    graph('Database connections', [
      proxyGauge(proxy, 'DatabaseConnections'),
      proxyGauge(proxy, 'MaxDatabaseConnectionsAllowed'),
    ]),
    graph('Borrowed, pinned', [
      proxyGauge(proxy, 'DatabaseConnectionsCurrentlyBorrowed'),
      proxyGauge(proxy, 'DatabaseConnectionsCurrentlySessionPinned'),
    ]),
    graph('Clients', [proxyGauge(proxy, 'ClientConnections')]),
    graph('Wait to borrow (µs)', [proxyBorrowLatency(proxy)]),
  ];
}

function heading(text: string): IWidget {
  return new TextWidget({ markdown: `## ${text}`, width: 24, height: 1 });
}

function graph(title: string, left: readonly IMetric[], lines: readonly number[] = []): IWidget {
  const leftAnnotations = lines.map((value) => ({ value, label: `${value} %` }));
  return new GraphWidget({ title, left: [...left], leftAnnotations, leftYAxis: { min: 0 }, width: 6, height: 6 });
}

import { METRIC_NAMESPACE, POOL_DIMENSION } from '../../functions/core/metrics.js';
import { panels } from './grafana-panels.js';
import { DATASOURCE } from './grafana-targets.js';

/** The importable dashboard for Grafana's CloudWatch data source: the graphs of the CloudWatch dashboard, the same lines. */
export function grafana(): string {
  const dashboard = {
    __inputs: [
      {
        name: 'DS_CLOUDWATCH',
        label: 'CloudWatch',
        type: 'datasource',
        pluginId: 'cloudwatch',
        pluginName: 'CloudWatch',
      },
    ],
    __requires: [
      { type: 'grafana', id: 'grafana', name: 'Grafana', version: '10.0.0' },
      { type: 'datasource', id: 'cloudwatch', name: 'CloudWatch', version: '1.0.0' },
    ],
    title: 'pool-health',
    uid: 'pool-health',
    tags: ['postgresql', 'pool-health'],
    schemaVersion: 38,
    version: 1,
    editable: true,
    refresh: '1m',
    time: { from: 'now-1h', to: 'now' },
    timezone: 'browser',
    annotations: { list: [] },
    templating: { list: VARIABLES },
    panels: panels(),
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

/** What an import asks for. */
const INPUT = 'DS_CLOUDWATCH';

const query = (name: string, label: string, text: string) => ({
  name,
  label,
  type: 'query',
  datasource: DATASOURCE,
  query: text,
  refresh: 1,
  sort: 1,
});

const VARIABLES = [
  {
    name: 'datasource',
    label: 'Data source',
    type: 'datasource',
    query: 'cloudwatch',
    current: { text: 'CloudWatch', value: `\${${INPUT}}` },
  },
  // Otherwise it is the first of the alphabet, where nothing is.
  { ...query('region', 'Region', 'regions()'), current: { text: 'default', value: 'default' } },
  query('pool', 'Pool', `dimension_values($region,${METRIC_NAMESPACE},Healthy,${POOL_DIMENSION})`),
  query('proxy', 'RDS Proxy', 'dimension_values($region,AWS/RDS,ClientConnections,ProxyName)'),
];

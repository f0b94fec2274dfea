import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { POOL_DIMENSION } from '../../functions/core/metrics.js';
import { DEFAULT_NAMESPACE } from '../../functions/core/namespace.js';
import { CRITICAL_PERCENT, WARNING_PERCENT } from '../../functions/core/utilization.js';
import type { AlarmRow } from '../monitoring/alarm.js';
import { type Graph, poolGraphs, proxyGraphs, type Unit } from '../monitoring/graphs.js';
import { isSameMetric, poolMetric } from '../monitoring/metric-queries.js';
import { POOL_ALARMS } from '../monitoring/pool-alarms.js';
import { DEFAULT_THRESHOLDS } from '../monitoring/thresholds.js';

/** The variables that an import of the dashboard asks for. */
const INPUT = 'DS_CLOUDWATCH';
const PAGE_INPUT = 'VAR_PAGE';
/** The namespace of the deployment, which the user writes above the dashboard. */
const NAMESPACE = '$namespace';
/** The data source that the user selects above the dashboard. */
const DATASOURCE = { type: 'cloudwatch', uid: '$datasource' };
const POOL = '$pool';
const PROXY = '$proxy';

/** Panels in a row, and their size on Grafana's grid of 24 columns. */
const ACROSS = 3;
const WIDTH = 24 / ACROSS;
const HEIGHT = 8;

const UNITS: Readonly<Record<Unit, string>> = { percent: 'percent', count: 'none', ms: 'ms' };

/** Green, orange in the warning band, red in the critical band. */
const BANDS = [
  { color: 'green', value: null },
  { color: 'orange', value: WARNING_PERCENT },
  { color: 'red', value: CRITICAL_PERCENT },
];

const VARIABLES = [
  {
    name: 'datasource',
    label: 'Data source',
    type: 'datasource',
    query: 'cloudwatch',
    current: { text: 'CloudWatch', value: `\${${INPUT}}` },
  },
  // Without `current` Grafana selects the alphabetically first region, which has no metrics.
  { ...query('region', 'Region', 'regions()'), current: { text: 'default', value: 'default' } },
  {
    name: 'namespace',
    label: 'Namespace',
    type: 'textbox',
    query: DEFAULT_NAMESPACE,
    current: { text: DEFAULT_NAMESPACE, value: DEFAULT_NAMESPACE },
  },
  query('pool', 'Pool', `dimension_values($region,${NAMESPACE},Healthy,${POOL_DIMENSION})`),
  query('proxy', 'RDS Proxy', 'dimension_values($region,AWS/RDS,ClientConnections,ProxyName)'),
  { name: 'page', type: 'constant', hide: 2, query: `\${${PAGE_INPUT}}`, current: { value: `\${${PAGE_INPUT}}` } },
];

/** What an engineer on call opens next. */
const LINKS = [
  { title: 'Page of the pool', url: '$page#$pool', tooltip: 'The pool now: layers and problems' },
  { title: 'Runbook', url: '$page/runbook', tooltip: 'An entry for each alarm' },
].map((link) => ({
  ...link,
  type: 'link',
  icon: 'external link',
  targetBlank: true,
  asDropdown: false,
  includeVars: false,
  keepTime: false,
  tags: [],
}));

/** What every query of a panel has in common. */
const COMMON = { datasource: DATASOURCE, queryMode: 'Metrics', region: '$region', period: '60' };

/** The importable dashboard for Grafana's CloudWatch data source: the graphs and lines of the CloudWatch dashboard. */
export function grafana(): string {
  const dashboard = {
    __inputs: [
      {
        name: INPUT,
        label: 'CloudWatch',
        type: 'datasource',
        pluginId: 'cloudwatch',
        pluginName: 'CloudWatch',
      },
      {
        name: PAGE_INPUT,
        label: 'Page (output PageUrl of the deployment)',
        type: 'constant',
        value: 'https://<api>.execute-api.<region>.amazonaws.com/health',
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
    links: LINKS,
    annotations: { list: annotations() },
    templating: { list: VARIABLES },
    panels: panels(),
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

function query(name: string, label: string, text: string) {
  return { name, label, type: 'query', datasource: DATASOURCE, query: text, refresh: 1, sort: 1 };
}

/**
 * When the alarms that `act-now` combines went on and off. The data source finds the alarms by their metric: it does not
 * replace variables in a prefix of names. An alarm on the same metric is shown with them.
 */
function annotations(): readonly object[] {
  const rows: readonly AlarmRow<string>[] = POOL_ALARMS;
  const metrics = rows.filter(({ actNow }) => actNow).map((row) => row.metric(POOL, NAMESPACE));
  return metrics
    .filter((metric) => metric instanceof Metric)
    .map((metric) => {
      const { namespace, metricName, dimensions, statistic } = metric;
      const alarms = rows.filter((row) => isSameMetric(row.metric(POOL, NAMESPACE), metric)).map(({ name }) => name);
      return {
        name: `Alarms: ${alarms.join(', ')}`,
        datasource: DATASOURCE,
        enable: true,
        iconColor: 'red',
        target: {
          refId: 'Alarms',
          queryMode: 'Annotations',
          region: '$region',
          namespace,
          metricName,
          dimensions,
          statistic,
          period: '60',
          prefixMatching: false,
        },
      };
    });
}

/** A row for the pool, which begins with a gauge of its utilization, and a row for the RDS Proxy. */
function panels(): readonly object[] {
  const pool = [gauge(), ...poolGraphs(POOL, NAMESPACE, DEFAULT_THRESHOLDS).map(series)];
  const proxy = proxyGraphs(PROXY, DEFAULT_THRESHOLDS).map(series);
  const proxyTop = 1 + HEIGHT * Math.ceil(pool.length / ACROSS);
  const all = [
    row('Pool $pool', 0),
    ...placed(pool, 1),
    row('RDS Proxy $proxy', proxyTop),
    ...placed(proxy, proxyTop + 1),
  ];
  return all.map((panel, index) => ({ id: index + 1, ...panel }));
}

function placed(panels: readonly object[], top: number): readonly object[] {
  return panels.map((panel, index) => ({
    ...panel,
    gridPos: { x: (index % ACROSS) * WIDTH, y: top + Math.floor(index / ACROSS) * HEIGHT, w: WIDTH, h: HEIGHT },
  }));
}

function row(title: string, y: number) {
  return { type: 'row', title, collapsed: false, panels: [], gridPos: { x: 0, y, w: 24, h: 1 } };
}

function gauge() {
  return {
    type: 'gauge',
    title: 'Utilization',
    description: 'Used connections in percent of the pool size. No value: unknown.',
    datasource: DATASOURCE,
    fieldConfig: {
      defaults: {
        unit: 'percent',
        min: 0,
        max: 100,
        noValue: 'unknown',
        thresholds: { mode: 'absolute', steps: BANDS },
      },
      overrides: [],
    },
    options: { reduceOptions: { calcs: ['last'], fields: '', values: false }, showThresholdLabels: true },
    targets: targets([poolMetric(NAMESPACE, POOL, 'Utilization')]),
  };
}

function series({ title, unit, metrics, stack, lines, isBanded }: Graph) {
  const steps = [
    { color: 'green', value: null },
    ...lines.toSorted((a, b) => a - b).map((value) => ({ color: 'red', value })),
  ];
  return {
    type: 'timeseries',
    title,
    datasource: DATASOURCE,
    fieldConfig: {
      defaults: {
        unit: UNITS[unit],
        min: 0,
        thresholds: { mode: 'absolute', steps: isBanded ? bandsWith(lines) : steps },
        custom: {
          // Draws no line over minutes without a value.
          spanNulls: false,
          thresholdsStyle: { mode: lines.length === 0 ? 'off' : isBanded ? 'line+area' : 'line' },
        },
      },
      overrides: (stack?.parts ?? []).map(({ metricName }) => stackedSeries(metricName)),
    },
    options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
    targets: targets(metrics),
  };
}

/** The series of a metric is filled and stands on those before it; the others of its panel stay lines. */
function stackedSeries(metricName: string) {
  return {
    matcher: { id: 'byName', options: metricName },
    properties: [
      { id: 'custom.stacking', value: { mode: 'normal', group: 'stack' } },
      { id: 'custom.fillOpacity', value: 40 },
    ],
  };
}

/** The bands, and a step for each alarm line between them, in the colour of the band. */
function bandsWith(lines: readonly number[]) {
  const between = lines.filter((line) => line > WARNING_PERCENT && line < CRITICAL_PERCENT);
  return [...BANDS, ...between.map((value) => ({ color: 'orange', value }))].toSorted(
    (a, b) => (a.value ?? 0) - (b.value ?? 0),
  );
}

/** The queries of a panel. The terms of an expression are hidden queries, unless the panel shows them too. */
function targets(metrics: readonly IMetric[]): readonly object[] {
  const queries = new Map<string, object>();
  for (const metric of metrics) {
    if (metric instanceof Metric) {
      queries.set(idOf(metric), metricQuery(metric, idOf(metric), false));
    } else if (metric instanceof MathExpression) {
      for (const [id, term] of Object.entries(metric.usingMetrics)) {
        if (term instanceof Metric && !queries.has(id)) {
          queries.set(id, metricQuery(term, id, true));
        }
      }
      queries.set(metric.expression, expressionQuery(metric, `share${queries.size}`));
    }
  }
  return [...queries.values()].map((target, index) => ({ refId: String.fromCharCode(65 + index), ...target }));
}

function idOf({ metricName }: Metric): string {
  return `${metricName.charAt(0).toLowerCase()}${metricName.slice(1)}`;
}

function metricQuery({ namespace, metricName, dimensions, statistic }: Metric, id: string, hide: boolean) {
  return {
    ...COMMON,
    metricQueryType: 0,
    metricEditorMode: 0,
    namespace,
    metricName,
    dimensions,
    matchExact: true,
    statistic,
    id,
    hide,
    label: metricName,
    expression: '',
  };
}

/** Metric math, or a Metrics Insights query. */
function expressionQuery({ expression, label }: MathExpression, id: string) {
  const isInsights = expression.startsWith('SELECT ');
  return {
    ...COMMON,
    metricQueryType: isInsights ? 1 : 0,
    metricEditorMode: 1,
    id,
    label,
    hide: false,
    ...(isInsights ? { sqlExpression: expression } : { expression }),
  };
}

import { CRITICAL_PERCENT, WARNING_PERCENT } from '../../functions/core/verdict.js';
import { type Graph, poolGraphs, proxyGraphs } from '../monitoring/graphs.js';
import { poolMetric } from '../monitoring/metric-queries.js';
import { DEFAULT_THRESHOLDS } from '../monitoring/thresholds.js';
import { DATASOURCE, targets } from './grafana-targets.js';

/** A row of the pool, which begins with a gauge of its utilization, and one of the RDS Proxy. */
export function panels(): readonly object[] {
  const pool = [gauge(), ...poolGraphs('$pool', DEFAULT_THRESHOLDS).map(series)];
  const proxy = proxyGraphs('$proxy', DEFAULT_THRESHOLDS).map(series);
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

const ACROSS = 3;
const WIDTH = 24 / ACROSS;
const HEIGHT = 8;

function row(title: string, y: number) {
  return { type: 'row', title, collapsed: false, panels: [], gridPos: { x: 0, y, w: 24, h: 1 } };
}

/** Green, orange from the warning band on, red from the critical one on. */
const BANDS = [
  { color: 'green', value: null },
  { color: 'orange', value: WARNING_PERCENT },
  { color: 'red', value: CRITICAL_PERCENT },
];

function gauge() {
  return {
    type: 'gauge',
    title: 'Utilization',
    description: 'Open connections in percent of what the pool can have now. No value: not known.',
    datasource: DATASOURCE,
    fieldConfig: {
      defaults: {
        unit: 'percent',
        min: 0,
        max: 100,
        noValue: 'not known',
        thresholds: { mode: 'absolute', steps: BANDS },
      },
      overrides: [],
    },
    options: { reduceOptions: { calcs: ['last'], fields: '', values: false }, showThresholdLabels: true },
    targets: targets([poolMetric('$pool', 'Utilization')]),
  };
}

function series({ title, unit, metrics, lines }: Graph) {
  const steps = [
    { color: 'green', value: null },
    ...lines.toSorted((a, b) => a - b).map((value) => ({ color: 'red', value })),
  ];
  const isBanded = unit === 'percent' && lines.includes(WARNING_PERCENT);
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
          // A gap stays a gap: what was not seen is not drawn.
          spanNulls: false,
          thresholdsStyle: { mode: lines.length === 0 ? 'off' : isBanded ? 'line+area' : 'line' },
        },
      },
      overrides: [],
    },
    options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
    targets: targets(metrics),
  };
}

/** The bands, with the alarms' lines between them in the colour of their band. */
function bandsWith(lines: readonly number[]) {
  const between = lines.filter((line) => line > WARNING_PERCENT && line < CRITICAL_PERCENT);
  return [...BANDS, ...between.map((value) => ({ color: 'orange', value }))].toSorted(
    (a, b) => (a.value ?? 0) - (b.value ?? 0),
  );
}

const UNITS: Readonly<Record<Graph['unit'], string>> = { percent: 'percent', count: 'none', ms: 'ms', µs: 'µs' };

import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { APP_METRICS, METRICS, type MetricDefinition, POOL_DIMENSION } from '../../functions/core/metrics.js';
import { DEFAULT_NAMESPACE, namespaceOf } from '../../functions/core/namespace.js';
import { ABOVE, type AlarmRow, AT_LEAST, BELOW, metricThreshold } from '../monitoring/alarm.js';
import { ACT_NOW_ALARMS } from '../monitoring/descriptions.js';
import { FUNCTION_ALARMS } from '../monitoring/function-alarms.js';
import { CONFIG_INVALID_METRIC } from '../monitoring/metric-queries.js';
import { POOL_ALARMS } from '../monitoring/pool-alarms.js';
import { PROXY_ALARMS } from '../monitoring/proxy-alarms.js';
import { DEFAULT_THRESHOLDS } from '../monitoring/thresholds.js';
import { code, document, table } from './markdown.js';

/** The reference of metrics and alarms: names, conditions and thresholds as they are deployed. */
export function metrics(): string {
  return document('Metrics and alarms', [
    `Namespace ${code(DEFAULT_NAMESPACE)}, or ${code(namespaceOf('<name>'))} for a deployment with another \`name\`; dimension ${code(POOL_DIMENSION)}, one datapoint a minute. What is not known has no datapoint: never 0.`,
    '## Metrics of the check',
    metricTable(METRICS),
    `${code(CONFIG_INVALID_METRIC)} (Count, Sum) is not published by the check: a filter on its log counts the entries with the code ${code('CONFIG.INVALID')}.`,
    'What CloudWatch did not take is written to the log in the embedded metric format, with the time at which it was read: no datapoint is lost.',
    '## Metrics of the application',
    'Published by [`pool-health/app`](../app/library.md), in the namespace of its option `namespace`. Each is a peak of one instance within a minute; the sum is that of all instances.',
    metricTable(APP_METRICS),
    '## Alarms',
    'Thresholds are the defaults; `thresholds` in [the deployment](configuration.md#the-deployment) moves them. Conditions count minutes. “Keeps” means that an alarm stays as it is while data is missing: what cannot be seen has not become better.',
    table(
      ['alarm', 'condition', 'minutes', 'missing data'],
      [
        ...alarmCells(POOL_ALARMS, '<pool>'),
        ...alarmCells(FUNCTION_ALARMS, [{ label: 'functions', functionName: '<function>' }]),
        ...alarmCells(PROXY_ALARMS, '<proxy>'),
      ],
    ),
    `[${code('act-now')}](../runbook.md#act-now), once a pool, is on while one of ${ACT_NOW_ALARMS.map(code).join(', ')} is. It notifies the topic \`ActNowTopic\`; all other alarms notify \`NoticeTopic\`. They notify when they go on, and when they go off.`,
    'Names are `<deployment>-<pool>-<alarm>`; the alarms of an RDS Proxy have its name instead of the pool’s. The alarms of the monitor itself, `<deployment>-monitor-errors` and `<deployment>-monitor-throttles`, count all its functions.',
    '## The log',
    'One JSON line an entry: `timestamp`, `level` (`INFO`, `WARN`, `ERROR`), `message`, then `pool`, `code`, `severity` and the values seen. It contains no host, user or credential.',
  ]);
}

function metricTable(of: Readonly<Record<string, MetricDefinition>>): string {
  const rows = Object.entries(of).map(([name, { unit, statistic, meaning, emitted, absent }]) => [
    code(name),
    unit,
    statistic,
    meaning,
    emitted,
    absent,
  ]);
  return table(['metric', 'unit', 'statistic', 'meaning', 'emitted', 'no datapoint'], rows);
}

function alarmCells<Subject>(rows: readonly AlarmRow<Subject>[], subject: Subject): readonly (readonly string[])[] {
  return rows.map((row) => {
    const { name, comparison, missingData } = row;
    const [breaching, of] = row.minutes;
    const threshold = metricThreshold(row, DEFAULT_THRESHOLDS).toLocaleString('en');
    return [
      `[${code(name)}](../runbook.md#${name})`,
      `${described(row.metric(subject, DEFAULT_NAMESPACE))} ${SIGNS[comparison] ?? comparison} ${threshold}`,
      `${breaching} of ${of}`,
      MISSING[missingData] ?? missingData,
    ];
  });
}

function described(metric: IMetric): string {
  if (metric instanceof Metric) {
    return `${code(metric.metricName)}, ${metric.statistic}`;
  }
  if (metric instanceof MathExpression) {
    const terms = metric.expression.includes('METRICS()') ? Object.values(metric.usingMetrics) : [];
    return [code(metric.expression), ...terms.map((term) => `of ${described(term)}`)].join(' ');
  }
  return metric.toString();
}

const SIGNS: Readonly<Record<string, string>> = { [AT_LEAST]: '>=', [ABOVE]: '>', [BELOW]: '<' };
const MISSING: Readonly<Record<string, string>> = { ignore: 'keeps', notBreaching: 'good', breaching: 'bad' };

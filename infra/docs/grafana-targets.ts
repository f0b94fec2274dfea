import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';

/** The data source that is chosen above the dashboard. */
export const DATASOURCE = { type: 'cloudwatch', uid: '$datasource' };

/** The queries of a panel. Terms of an expression are queries too, hidden where they are not shown for themselves. */
export function targets(metrics: readonly IMetric[]): readonly object[] {
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

const COMMON = { datasource: DATASOURCE, queryMode: 'Metrics', region: '$region', period: '60' };

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

/** Metric math, or a query of Metrics Insights. */
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

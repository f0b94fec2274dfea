import {
  Color,
  GraphWidget,
  type HorizontalAnnotation,
  type IMetric,
  type IWidget,
  Shading,
  SingleValueWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { CRITICAL_PERCENT, WARNING_PERCENT } from '../../functions/core/utilization.js';
import type { Graph, Unit } from './graphs.js';

/** Columns of CloudWatch's grid. */
export const FULL_WIDTH = 24;
const MIN_GRAPH_WIDTH = 6;
const GRAPH_HEIGHT = 6;
const NUMBERS_HEIGHT = 3;

const UNITS: Readonly<Record<Unit, string>> = { percent: '%', count: '', ms: 'ms' };

/** From these percentages on utilization is `warning` and `critical`; above each the graph is filled. */
const BANDS: readonly HorizontalAnnotation[] = [
  { value: WARNING_PERCENT, label: 'warning', color: Color.ORANGE, fill: Shading.ABOVE },
  { value: CRITICAL_PERCENT, label: 'critical', color: Color.RED, fill: Shading.ABOVE },
];

/** A place that the dashboard leads to. */
export interface Link {
  readonly label: string;
  readonly url: string;
}

/** The title of a section, with what an engineer on call opens next. */
export function heading(text: string, links: readonly Link[]): IWidget {
  const all = [`## ${text}`, ...links.map(({ label, url }) => `[${label}](${url})`)];
  return new TextWidget({ markdown: all.join(' · '), width: FULL_WIDTH, height: 1 });
}

/** The newest value of each metric, with its course below; "--" where it is unknown. */
export function numbers(metrics: readonly IMetric[]): IWidget {
  return new SingleValueWidget({
    metrics: [...metrics],
    sparkline: true,
    width: FULL_WIDTH,
    height: NUMBERS_HEIGHT,
  });
}

/** Graphs side by side, as wide as the dashboard if they are few. */
export function graphs(all: readonly Graph[]): readonly IWidget[] {
  const width = Math.max(MIN_GRAPH_WIDTH, Math.floor(FULL_WIDTH / all.length));
  return all.map((each) => graph(each, width));
}

function graph({ title, unit, metrics, stack, lines, isBanded }: Graph, width: number): IWidget {
  const label = UNITS[unit];
  const bands = isBanded ? BANDS : [];
  const others = lines.filter((line) => !bands.some(({ value }) => value === line));
  return new GraphWidget({
    title: label === '' ? title : `${title} (${label})`,
    // CloudWatch stacks all metrics of a graph or none. With the rest in it the upper edge is the limit.
    left: stack ? [...stack.parts, stack.rest] : [...metrics],
    stacked: stack !== null,
    leftAnnotations: [...bands, ...others.map((value) => ({ value, label: `${value} ${label}`.trim() }))],
    leftYAxis: { min: 0 },
    width,
    height: GRAPH_HEIGHT,
  });
}

import { Dashboard, type IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';

/**
 * What CloudWatch takes. More than that fails the deployment.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
const MAX_WIDGETS = 500;
const MAX_METRICS = 2_500;
const MAX_ALARMS_IN_A_WIDGET = 100;

/** The part of a widget's JSON that the limits are about. */
interface WidgetJson {
  readonly properties?: { readonly metrics?: readonly unknown[]; readonly alarms?: readonly unknown[] };
}

/** A dashboard that fails synth where CloudWatch would refuse it, with what to do. */
export class LimitedDashboard extends Dashboard {
  readonly #widgets: IWidget[] = [];

  constructor(scope: Construct, id: string, name: string) {
    super(scope, id, { dashboardName: name });
    this.node.addValidation({ validate: () => [...this.#mistakes(name)] });
  }

  override addWidgets(...widgets: IWidget[]): void {
    this.#widgets.push(...widgets);
    super.addWidgets(...widgets);
  }

  #mistakes(name: string): readonly string[] {
    const { widgets, metrics, alarms } = sizeOf(this.#widgets);
    const own = 'Put widgets of your own on a dashboard of your own';
    return [
      ...(widgets > MAX_WIDGETS ? [`${widgets} widgets, and CloudWatch takes ${MAX_WIDGETS}. ${own}`] : []),
      ...(metrics > MAX_METRICS ? [`${metrics} metrics, and CloudWatch takes ${MAX_METRICS}. ${own}`] : []),
      ...(alarms > MAX_ALARMS_IN_A_WIDGET
        ? [
            `a widget with ${alarms} alarms, and CloudWatch takes ${MAX_ALARMS_IN_A_WIDGET}. Show them in several widgets`,
          ]
        : []),
    ].map((mistake) => `The dashboard "${name}" has ${mistake}.`);
  }
}

/** What counts towards the limits of a dashboard. */
export interface DashboardSize {
  readonly widgets: number;
  readonly metrics: number;
  /** In the widget with the most. */
  readonly alarms: number;
}

/** Whether CloudWatch takes a dashboard of these parts. */
export function fitsIntoDashboard(parts: readonly DashboardSize[]): boolean {
  const sum = (count: (size: DashboardSize) => number) => parts.reduce((total, part) => total + count(part), 0);
  return sum(({ widgets }) => widgets) <= MAX_WIDGETS && sum(({ metrics }) => metrics) <= MAX_METRICS;
}

export function sizeOf(widgets: readonly IWidget[]): DashboardSize {
  const json = widgets.flatMap((widget) => widget.toJson() as readonly WidgetJson[]);
  return {
    widgets: json.length,
    metrics: json.reduce((sum, { properties }) => sum + (properties?.metrics?.length ?? 0), 0),
    alarms: Math.max(0, ...json.map(({ properties }) => properties?.alarms?.length ?? 0)),
  };
}

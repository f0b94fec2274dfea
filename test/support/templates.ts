import type { Template } from 'aws-cdk-lib/assertions';

/** What tests read of an alarm as CloudFormation gets it. */
export interface AlarmProperties {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly AlarmActions: readonly unknown[];
  readonly OKActions: readonly unknown[];
  readonly InsufficientDataActions?: readonly unknown[];
  readonly ComparisonOperator: string;
  readonly Threshold: number;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm: number;
  readonly TreatMissingData: string;
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Statistic?: string;
  readonly Period?: number;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
  readonly Metrics?: readonly MetricQuery[];
}

export interface MetricQuery {
  readonly Id: string;
  readonly Expression?: string;
  readonly Period?: number;
  readonly ReturnData?: boolean;
  readonly MetricStat?: {
    readonly Stat: string;
    readonly Period: number;
    readonly Metric: {
      readonly Namespace: string;
      readonly MetricName: string;
      readonly Dimensions: readonly { readonly Name: string; readonly Value: unknown }[];
    };
  };
}

/** The alarms of a template by name, in its order, composite ones not among them. */
export function alarmsOf(template: Template): ReadonlyMap<string, AlarmProperties> {
  const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm'));
  return new Map(alarms.map(({ Properties }) => [Properties.AlarmName, Properties]));
}

export interface CompositeProperties {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  /** With the alarms' logical ids in place of their ARNs. */
  readonly AlarmRule: string;
  readonly AlarmActions: readonly unknown[];
  readonly OKActions: readonly unknown[];
}

/** The composite alarms of a template by name. The rule names alarms by name, as a reader would. */
export function compositesOf(template: Template): ReadonlyMap<string, CompositeProperties> {
  const names = new Map(
    Object.entries(template.findResources('AWS::CloudWatch::Alarm')).map(([id, { Properties }]) => [
      id,
      Properties.AlarmName as string,
    ]),
  );
  const composites = Object.values(template.findResources('AWS::CloudWatch::CompositeAlarm'));
  return new Map(
    composites.map(({ Properties }) => {
      const AlarmRule = plain(Properties.AlarmRule, (id) => names.get(id) ?? id);
      return [Properties.AlarmName, { ...Properties, AlarmRule }];
    }),
  );
}

/** What tests read of a dashboard's widget. */
export interface Widget {
  readonly type: string;
  readonly y: number;
  readonly properties: {
    readonly title?: string;
    readonly markdown?: string;
    readonly alarms?: readonly string[];
    readonly metrics?: readonly (readonly unknown[])[];
    readonly view?: string;
    readonly sparkline?: boolean;
    readonly stacked?: boolean;
    readonly annotations?: { readonly horizontal: readonly object[] };
  };
}

/** The widgets of the only dashboard in a template. */
export function widgetsOf(template: Template | undefined): readonly Widget[] {
  const [dashboard] = Object.values(template?.findResources('AWS::CloudWatch::Dashboard') ?? {});
  return JSON.parse(plain(dashboard?.Properties.DashboardBody)).widgets;
}

/** An intrinsic function as text: what it refers to by logical id, pseudo parameters by fixed values. */
export function plain(value: unknown, nameOf = (id: string) => id): string {
  if (typeof value === 'string') {
    return value;
  }
  const node = value as {
    'Fn::Join'?: [string, unknown[]];
    'Fn::GetAtt'?: [string, string];
    Ref?: string;
  };
  if (node['Fn::Join']) {
    return node['Fn::Join'][1].map((part) => plain(part, nameOf)).join(node['Fn::Join'][0]);
  }
  if (node['Fn::GetAtt']?.[1] === 'ApiEndpoint') {
    return `https://${node['Fn::GetAtt'][0]}.execute-api.${PSEUDO['AWS::Region']}.${PSEUDO['AWS::URLSuffix']}`;
  }
  if (node['Fn::GetAtt']) {
    return nameOf(node['Fn::GetAtt'][0]);
  }
  return PSEUDO[node.Ref ?? ''] ?? nameOf(node.Ref ?? JSON.stringify(value));
}

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'eu-central-1',
  'AWS::AccountId': '111122223333',
  'AWS::URLSuffix': 'amazonaws.com',
};

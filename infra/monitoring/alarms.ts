import { Alarm, type AlarmBase, AlarmRule, AlarmState, CompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct, type IDependable } from 'constructs';
import { type AlarmRow, metricThreshold, thresholdOf } from './alarm.js';
import { ACT_NOW, ACT_NOW_ALARMS, type AlarmLinks, actNowMessage, alarmDescription } from './descriptions.js';
import { FUNCTION_ALARMS, type MonitorFunction } from './function-alarms.js';
import { POOL_ALARMS } from './pool-alarms.js';
import { PROXY_ALARMS } from './proxy-alarms.js';
import type { AlarmThresholds } from './thresholds.js';
import type { Topics } from './topics.js';

/** An RDS Proxy in front of at least one pool. */
export interface MonitoredProxy {
  /** First part of its alarms' names: its name, or the first pool's if the proxy's name is known only at deployment. */
  readonly label: string;
  /** The name that its metrics have as a dimension. */
  readonly name: string;
  /** A pool behind it. Alarms and widgets of the proxy are where those of this pool are. */
  readonly pool: string;
}

export interface AlarmsProps {
  /** First part of every alarm's name. */
  readonly prefix: string;
  /** The CloudWatch namespace of the metrics. */
  readonly namespace: string;
  readonly links: AlarmLinks;
  readonly pools: readonly string[];
  readonly proxies: readonly MonitoredProxy[];
  readonly functions: readonly MonitorFunction[];
  readonly thresholds: AlarmThresholds;
  readonly topics: Topics;
  /** The scope of a pool's alarms: this construct, or a construct in a nested stack. */
  readonly scopeOf: (pool: string, main: Construct) => Construct;
  /** What exists before an alarm. */
  readonly after: IDependable;
}

/** Every alarm of a deployment. Names are `<prefix>-<pool or proxy>-<alarm>`, those of the monitor `<prefix>-<alarm>`. */
export class Alarms extends Construct {
  readonly #all = new Map<string, AlarmBase>();
  readonly #props: AlarmsProps;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.#props = props;
    for (const pool of props.pools) {
      this.#alarms(props.scopeOf(pool, this), `${pool}-`, POOL_ALARMS, pool, pool);
      this.#actNow(props.scopeOf(pool, this), pool);
    }
    for (const { label, name, pool } of props.proxies) {
      this.#alarms(props.scopeOf(pool, this), `${label}-`, PROXY_ALARMS, name, pool);
    }
    this.#alarms(this, '', FUNCTION_ALARMS, props.functions, null);
  }

  /** By `<pool or proxy>-<alarm>`, such as `orders-act-now`; those of the monitor by `<alarm>`, such as `monitor-errors`. */
  get all(): ReadonlyMap<string, AlarmBase> {
    return this.#all;
  }

  /**
   * @param label what the names begin with, `-` included
   * @param pool the pool that the messages lead to; null for alarms of the monitor itself
   */
  #alarms<Subject>(
    scope: Construct,
    label: string,
    rows: readonly AlarmRow<Subject>[],
    subject: Subject,
    pool: string | null,
  ): void {
    const { prefix, namespace, links, thresholds, topics } = this.#props;
    for (const row of rows) {
      const [datapointsToAlarm, evaluationPeriods] = row.minutes;
      const alarm = new Alarm(scope, `${label}${row.name}`, {
        alarmName: `${prefix}-${label}${row.name}`,
        alarmDescription: alarmDescription(
          {
            alarm: row.name,
            pool,
            meaning: row.meaning(subject, thresholdOf(row, thresholds)),
            firstStep: row.firstStep,
          },
          links,
        ),
        metric: row.metric(subject, namespace),
        comparisonOperator: row.comparison,
        threshold: metricThreshold(row, thresholds),
        datapointsToAlarm,
        evaluationPeriods,
        treatMissingData: row.missingData,
      });
      this.#notify(alarm, topics.notice);
    }
  }

  #actNow(scope: Construct, pool: string): void {
    const combined = ACT_NOW_ALARMS.flatMap((name) => this.#all.get(`${pool}-${name}`) ?? []);
    const alarm = new CompositeAlarm(scope, `${pool}-${ACT_NOW}`, {
      compositeAlarmName: `${this.#props.prefix}-${pool}-${ACT_NOW}`,
      alarmDescription: alarmDescription(actNowMessage(pool), this.#props.links),
      alarmRule: AlarmRule.anyOf(...combined.map((child) => AlarmRule.fromAlarm(child, AlarmState.ALARM))),
    });
    this.#notify(alarm, this.#props.topics.actNow);
  }

  /** Sends a message both when the alarm goes on and when it goes off. */
  #notify(alarm: AlarmBase, topic: ITopic): void {
    alarm.node.addDependency(this.#props.after);
    const action = new SnsAction(topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    this.#all.set(alarm.node.id, alarm);
  }
}

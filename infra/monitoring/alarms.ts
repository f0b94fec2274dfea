import { Alarm, type AlarmBase, AlarmRule, AlarmState, CompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { type AlarmRow, metricThreshold, thresholdOf } from './alarm.js';
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
}

export interface AlarmsProps {
  /** First part of every alarm's name. */
  readonly prefix: string;
  /** Path or URL of the runbook; `#<alarm>` is appended. */
  readonly runbook: string;
  readonly pools: readonly string[];
  readonly proxies: readonly MonitoredProxy[];
  readonly functions: readonly MonitorFunction[];
  readonly thresholds: AlarmThresholds;
  readonly topics: Topics;
}

/** Names of the alarms that `act-now` combines. */
export const ACT_NOW_ALARMS: readonly string[] = POOL_ALARMS.filter((row) => 'actNow' in row).map(({ name }) => name);

/** Every alarm of a deployment. Names are `<prefix>-<pool, proxy or function>-<alarm>`. */
export class Alarms extends Construct {
  readonly #all = new Map<string, AlarmBase>();
  readonly #props: AlarmsProps;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.#props = props;
    for (const pool of props.pools) {
      this.#alarms(pool, POOL_ALARMS, pool);
      this.#actNow(pool);
    }
    for (const { label, name } of props.proxies) {
      this.#alarms(label, PROXY_ALARMS, name);
    }
    for (const each of props.functions) {
      this.#alarms(each.label, FUNCTION_ALARMS, each);
    }
  }

  /** By `<pool, proxy or function>-<alarm>`, such as `orders-act-now`. */
  get all(): ReadonlyMap<string, AlarmBase> {
    return this.#all;
  }

  #alarms<Subject>(label: string, rows: readonly AlarmRow<Subject>[], subject: Subject): void {
    const { prefix, thresholds, topics } = this.#props;
    for (const row of rows) {
      const [datapointsToAlarm, evaluationPeriods] = row.minutes;
      const alarm = new Alarm(this, `${label}-${row.name}`, {
        alarmName: `${prefix}-${label}-${row.name}`,
        alarmDescription: this.#description(
          row.name,
          row.meaning(subject, thresholdOf(row, thresholds)),
          row.firstStep,
        ),
        metric: row.metric(subject),
        comparisonOperator: row.comparison,
        threshold: metricThreshold(row, thresholds),
        datapointsToAlarm,
        evaluationPeriods,
        treatMissingData: row.missingData,
      });
      this.#notify(alarm, topics.notice);
    }
  }

  #actNow(pool: string): void {
    const combined = ACT_NOW_ALARMS.flatMap((name) => this.#all.get(`${pool}-${name}`) ?? []);
    const alarm = new CompositeAlarm(this, `${pool}-act-now`, {
      compositeAlarmName: `${this.#props.prefix}-${pool}-act-now`,
      alarmDescription: this.#description(
        'act-now',
        `Pool ${pool} is full, about to be full, unhealthy, or not monitored.`,
        'Find out which of its alarms is on and follow the runbook entry of that alarm.',
      ),
      alarmRule: AlarmRule.anyOf(...combined.map((child) => AlarmRule.fromAlarm(child, AlarmState.ALARM))),
    });
    this.#notify(alarm, this.#props.topics.actNow);
  }

  /** Sends a message both when the alarm goes on and when it goes off. */
  #notify(alarm: AlarmBase, topic: ITopic): void {
    const action = new SnsAction(topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    this.#all.set(alarm.node.id, alarm);
  }

  #description(name: string, meaning: string, firstStep: string): string {
    return `${meaning} First: ${firstStep} Runbook: ${this.#props.runbook}#${name}`;
  }
}

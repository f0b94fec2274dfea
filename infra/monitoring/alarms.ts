import { Alarm, type AlarmBase, AlarmRule, AlarmState, CompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { WatchedProxy } from '../construct/proxies.js';
import type { AlarmRow } from './alarm.js';
import { poolAlarms } from './pool-alarms.js';
import { monitorAlarms, proxyAlarms } from './proxy-alarms.js';
import type { AlarmThresholds } from './thresholds.js';
import type { Topics } from './topics.js';

export interface AlarmsProps {
  /** First part of every alarm's name. */
  readonly prefix: string;
  /** Where the runbook is; `#<alarm>` is appended. */
  readonly runbook: string;
  readonly pools: readonly string[];
  readonly proxies: readonly WatchedProxy[];
  /** Functions of the monitor by the name that stands in their alarms. */
  readonly functions: Readonly<Record<string, IFunction>>;
  readonly thresholds: AlarmThresholds;
  readonly topics: Topics;
}

/** Of these, any one means that somebody has to act now. */
export const URGENT = ['utilization-critical', 'saturated', 'unhealthy', 'heartbeat'];

/** Every alarm of a deployment. Names are `<prefix>-<pool, proxy or function>-<alarm>`. */
export class Alarms extends Construct {
  /** By `<pool, proxy or function>-<alarm>`, such as `orders-act-now`. */
  readonly all: ReadonlyMap<string, AlarmBase>;
  readonly #all = new Map<string, AlarmBase>();
  readonly #props: AlarmsProps;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.#props = props;
    this.all = this.#all;
    const { pools, proxies, functions, thresholds } = props;
    for (const pool of pools) {
      const alarms = poolAlarms(pool, thresholds).map((row) => this.#alarm(pool, row));
      this.#actNow(
        pool,
        alarms.filter(({ node }) => URGENT.some((name) => node.id === `${pool}-${name}`)),
      );
    }
    for (const { label, name } of proxies) {
      for (const row of proxyAlarms(name, thresholds)) {
        this.#alarm(label, row);
      }
    }
    for (const [label, target] of Object.entries(functions)) {
      for (const row of monitorAlarms(label, target)) {
        this.#alarm(label, row);
      }
    }
  }

  #alarm(label: string, row: AlarmRow): AlarmBase {
    const { metric, comparison, threshold, minutes, missingData } = row;
    const [datapointsToAlarm, evaluationPeriods] = minutes;
    const alarm = new Alarm(this, `${label}-${row.name}`, {
      alarmName: `${this.#props.prefix}-${label}-${row.name}`,
      alarmDescription: this.#description(row),
      metric,
      comparisonOperator: comparison,
      threshold,
      datapointsToAlarm,
      evaluationPeriods,
      treatMissingData: missingData,
    });
    return this.#announce(alarm, this.#props.topics.notice);
  }

  #actNow(pool: string, urgent: readonly AlarmBase[]): void {
    const alarm = new CompositeAlarm(this, `${pool}-act-now`, {
      compositeAlarmName: `${this.#props.prefix}-${pool}-act-now`,
      alarmDescription: this.#description({
        name: 'act-now',
        meaning: `Pool ${pool} is full, about to be, unhealthy, or not watched.`,
        firstStep: 'See which of its alarms is on: that one names the case.',
      }),
      alarmRule: AlarmRule.anyOf(...urgent.map((child) => AlarmRule.fromAlarm(child, AlarmState.ALARM))),
    });
    this.#announce(alarm, this.#props.topics.actNow);
  }

  /** Tells the topic both when the alarm goes on and when it goes off. */
  #announce(alarm: AlarmBase, topic: ITopic): AlarmBase {
    const action = new SnsAction(topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    this.#all.set(alarm.node.id, alarm);
    return alarm;
  }

  #description({ name, meaning, firstStep }: Pick<AlarmRow, 'name' | 'meaning' | 'firstStep'>): string {
    return `${meaning} First: ${firstStep} Runbook: ${this.#props.runbook}#${name}`;
  }
}

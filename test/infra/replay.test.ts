import { describe, expect, it } from 'vitest';
import {
  type AlarmState,
  type EvaluatedAlarm,
  evaluate,
  type Minute,
  replay,
  ruleHolds,
} from '../support/alarm-evaluator.js';
import { ATTACH, templateOf } from '../support/synth.js';
import { alarmsOf, compositesOf } from '../support/templates.js';

const template = templateOf(ATTACH);
const alarms = new Map(
  [...alarmsOf(template)].filter(([name, { Metrics }]) => name.startsWith('pool-health-orders-') && !Metrics),
);
const rule = compositesOf(template).get('pool-health-orders-act-now')?.AlarmRule ?? '';

/** Recorded minutes: what a check published, or nothing. */
const seen = (Utilization: number): Minute => ({ Utilization, Healthy: Utilization < 90 ? 1 : 0, Saturated: 0 });
const full: Minute = { Utilization: 100, Healthy: 0, Saturated: 1 };
const refused: Minute = { Healthy: 0, Saturated: 1 };
const blind: Minute = { Healthy: 0, Saturated: 0 };
const nothing: Minute = {};
const times = (count: number, minute: Minute): readonly Minute[] => Array.from({ length: count }, () => minute);

/** The minutes in which act-now changes, and the alarms that are on in each minute. */
function run(minutes: readonly Minute[]) {
  const states = replay(alarms, minutes);
  const actNow = states.map((state) => ruleHolds(rule, state));
  const changes = actNow.flatMap((isOn, minute) => (isOn === (actNow[minute - 1] ?? false) ? [] : [[minute, isOn]]));
  const on = states.map((state) =>
    [...state].flatMap(([name, value]) => (value === 'ALARM' ? [name.replace('pool-health-orders-', '')] : [])),
  );
  return { changes, on };
}

describe('a pool that fills, becomes unreachable and recovers', () => {
  const minutes = [
    ...[40, 55, 72, 84, 93, 96].map(seen), // 0 to 5
    ...times(2, full), // 6, 7
    ...times(3, refused), // 8 to 10: no slot is left for a new connection
    ...times(12, blind), // 11 to 22: nobody answers
    ...[60, 50, 45, 40, 40, 40].map(seen), // 23 to 28
  ];
  const { changes, on } = run(minutes);

  it('turns act-now on once and off once', () => {
    expect(changes).toEqual([
      [5, true],
      [24, false],
    ]);
  });

  it('stays on while the probe fails, because an unknown value has not improved', () => {
    for (const minute of on.slice(11, 23)) {
      expect(minute).toEqual(expect.arrayContaining(['utilization-critical', 'unhealthy']));
      expect(minute).not.toContain('heartbeat');
    }
  });

  it('turns on the warnings first, and has no alarm on at the end', () => {
    expect(on[4]).toEqual([]);
    expect(on[6]).toEqual([
      'utilization-warning',
      'utilization-high',
      'utilization-critical',
      'saturated',
      'unhealthy',
    ]);
    expect(on.at(-1)).toEqual([]);
  });
});

describe('act-now', () => {
  it('stays off for one bad minute', () => {
    expect(run([...times(5, seen(50)), blind, ...times(5, seen(50))]).changes).toEqual([]);
  });

  it('turns on for one minute in which a layer is full', () => {
    expect(run([...times(5, seen(50)), full, ...times(5, seen(50))]).changes).toEqual([
      [5, true],
      [6, false],
    ]);
  });

  it('turns on at exactly 90 %, which is unhealthy although not critical', () => {
    const { changes, on } = run(times(4, seen(90)));
    expect(on.at(-1)).toEqual(['utilization-high', 'unhealthy']);
    expect(changes).toEqual([[1, true]]);
  });

  it('turns on when the monitor stops reporting, and off when it reports again', () => {
    const { changes, on } = run([...times(5, seen(50)), ...times(8, nothing), ...times(3, seen(50))]);
    expect(on[12]).toEqual(['heartbeat']);
    expect(changes).toEqual([
      [9, true],
      [13, false],
    ]);
  });

  it('stays on for a pool that stops reporting while it is full', () => {
    const { changes } = run([...times(4, full), ...times(10, nothing)]);
    expect(changes).toEqual([[0, true]]);
  });
});

describe('the evaluator agrees with the examples in the documentation of CloudWatch', () => {
  const alarm = (m: number, TreatMissingData: string): EvaluatedAlarm => ({
    MetricName: 'm',
    ComparisonOperator: 'GreaterThanThreshold',
    Threshold: 0,
    DatapointsToAlarm: m,
    EvaluationPeriods: 3,
    TreatMissingData,
  });
  const RETAINED: AlarmState = 'INSUFFICIENT_DATA';

  it.each([
    [3, '0-X-X', 'OK', 'OK', 'OK'],
    [3, '0----', 'OK', 'OK', 'OK'],
    [3, '-----', RETAINED, 'ALARM', 'OK'],
    [3, '0XX-X', 'ALARM', 'ALARM', 'ALARM'],
    [3, '--X--', RETAINED, 'ALARM', 'OK'],
    [2, '0-X-X', 'ALARM', 'ALARM', 'ALARM'],
    [2, '00X0X', 'ALARM', 'ALARM', 'ALARM'],
    [2, '0-X--', 'OK', 'ALARM', 'OK'],
    [2, '----0', 'OK', 'ALARM', 'OK'],
    [2, '---X-', RETAINED, 'ALARM', 'OK'],
  ])('%i of 3 in %s', (m, points, ignore, breaching, notBreaching) => {
    const minutes = [...points].map((point): Minute => (point === '-' ? {} : { m: point === 'X' ? 1 : 0 }));
    const states = ['ignore', 'breaching', 'notBreaching'].map((missing) =>
      evaluate(alarm(m, missing), minutes, RETAINED),
    );
    expect(states).toEqual([ignore, breaching, notBreaching]);
  });
});

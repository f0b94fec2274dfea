import { ABOVE, type AlarmRow, type SettableThreshold } from './alarm.js';
import { POOL_ALARMS } from './pool-alarms.js';
import { PROXY_ALARMS } from './proxy-alarms.js';

/** Every alarm whose threshold may be set; those of the functions are fixed. */
const ROWS = [...POOL_ALARMS, ...PROXY_ALARMS] as const;

export type ThresholdName = Extract<(typeof ROWS)[number]['threshold'], SettableThreshold>['setting'];

/**
 * The thresholds of the alarms. Percentages are 0 to 100; `utilization*` may be above 100, since utilization is not
 * capped. `borrowLatencyMs` is in milliseconds. `docs/reference/configuration.md` describes each one.
 *
 * @default those of `DEFAULT_THRESHOLDS`
 */
export type AlarmThresholds = Readonly<Record<ThresholdName, number>>;

/** A threshold as the context schema and the documents need it. */
export interface ThresholdSetting extends SettableThreshold {
  readonly setting: ThresholdName;
  /** What it does, as a sentence. */
  readonly meaning: string;
}

export const THRESHOLD_SETTINGS: readonly ThresholdSetting[] = ROWS.flatMap(
  ({
    name,
    comparison,
    threshold,
  }: Pick<(typeof ROWS)[number], 'name' | 'threshold'> & Pick<AlarmRow<never>, 'comparison'>) => {
    if (typeof threshold === 'number') {
      return [];
    }
    const condition = comparison === ABOVE ? 'above this threshold' : 'at or above this threshold';
    return [
      {
        ...threshold,
        meaning: `${threshold.measures}. The alarm \`${name}\` counts minutes with a value ${condition}.`,
      },
    ];
  },
);

export const DEFAULT_THRESHOLDS = Object.fromEntries(
  THRESHOLD_SETTINGS.map(({ setting, default: value }) => [setting, value]),
) as AlarmThresholds;

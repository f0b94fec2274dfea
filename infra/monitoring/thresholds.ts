/** Where the alarms begin. Percent are 0 to 100, `utilization*` may be above since utilization is not capped. */
export interface AlarmThresholds {
  /** Utilization (percent) from which `utilization-warning` counts a minute. @default 70 */
  readonly utilizationWarning: number;
  /** Utilization (percent) above which `utilization-high` counts a minute. @default 80 */
  readonly utilizationHigh: number;
  /** Utilization (percent) above which `utilization-critical` counts a minute. @default 90 */
  readonly utilizationCritical: number;
  /** Active connections in percent of the pool's size above which `active-high` counts a minute. @default 80 */
  readonly activeHigh: number;
  /** Mean milliseconds to borrow a connection of an RDS Proxy from which a minute counts. @default 100 */
  readonly borrowLatencyMs: number;
  /** Pinned connections of an RDS Proxy in percent of its open ones from which a minute counts. @default 20 */
  readonly proxyPinned: number;
  /** Open connections of an RDS Proxy in percent of what it may open above which a minute counts. @default 80 */
  readonly proxyNearLimit: number;
}

export const DEFAULT_THRESHOLDS: AlarmThresholds = {
  utilizationWarning: 70,
  utilizationHigh: 80,
  utilizationCritical: 90,
  activeHigh: 80,
  borrowLatencyMs: 100,
  proxyPinned: 20,
  proxyNearLimit: 80,
};

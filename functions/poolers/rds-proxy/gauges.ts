/** What CloudWatch has of an RDS Proxy for one minute; null where it has no datapoint. */
export interface ProxyGauges {
  /** End of that minute, or of the last one that was asked for when none had datapoints; milliseconds since 1970. */
  readonly takenAt: number;
  /** Connections to the targets that it may open. */
  readonly allowed: number | null;
  /** Connections to the targets that are open. */
  readonly open: number | null;
  /** Of those, given to a client. */
  readonly borrowed: number | null;
  /** Of those, bound to one client. */
  readonly pinned: number | null;
  /** Connections of clients, of all roles. */
  readonly clients: number | null;
  /** Mean milliseconds until a client was given a connection, of all roles; null too in a minute in which none waited. */
  readonly borrowWaitMs: number | null;
  /** Percent of the time in which the targets answered the proxy. */
  readonly availabilityPercent: number | null;
}

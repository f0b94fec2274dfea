/** One minute of an RDS Proxy named `shop`, in front of the pools `orders` and `carts`. */
export interface ProxyMinute {
  /** What CloudWatch has of the minute. */
  readonly open: number;
  readonly borrowed: number;
  /** @default 0 */
  readonly pinned?: number;
  /** Mean wait for a connection. @default no datapoint: nobody waited */
  readonly borrowMs?: number;
  /** What `pg_stat_activity` has, or that the statement of the check is not served. */
  readonly orders: PoolMinute;
  readonly carts: PoolMinute;
}

export type PoolMinute = { readonly total: number; readonly active: number } | 'not served';

/** The minutes of one proxy, as its metrics and `pg_stat_activity` have them. */
export interface ProxyRecording {
  readonly what: string;
  /** Connections that the proxy may open. */
  readonly allowed: number;
  /** After which the proxy itself ends a wait; a longer one than the check's own deadline is never seen. */
  readonly borrowTimeoutSeconds: number;
  readonly minutes: readonly ProxyMinute[];
}

const times = <T>(count: number, minute: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => minute(i));
const sessions = (total: number, active: number): PoolMinute => ({ total, active });

/** A quiet minute: the proxy keeps up to half of its limit open for everybody. */
const quiet = (index: number): ProxyMinute => ({
  open: 45,
  borrowed: 3 + (index % 4),
  borrowMs: 0.3,
  orders: sessions(38, 2 + (index % 3)),
  carts: sessions(7, index % 2),
});

/** A minute in which all connections are borrowed and statements wait. */
const full = (borrowMs: number): ProxyMinute => ({
  open: 90,
  borrowed: 90,
  borrowMs,
  orders: 'not served',
  carts: 'not served',
});

/**
 * Recordings in the shape of what CloudWatch and PostgreSQL have of an RDS Proxy. They are made, not taken: this project has no
 * access to AWS. What a proxy does in them is documented by AWS.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy.monitoring.html
 */
export const CALM: readonly ProxyRecording[] = [
  {
    what: 'a proxy that keeps idle connections after a busy morning',
    allowed: 90,
    borrowTimeoutSeconds: 120,
    minutes: times(20, quiet),
  },
  {
    what: 'two pools that share half of a proxy',
    allowed: 90,
    borrowTimeoutSeconds: 120,
    minutes: times(20, (index) => ({
      open: 60,
      borrowed: 40 + (index % 3),
      borrowMs: 2,
      orders: sessions(35, 30 + (index % 3)),
      carts: sessions(20, 10),
    })),
  },
  {
    what: 'a burst between two checks that borrows everything for a moment, with short waits',
    allowed: 90,
    borrowTimeoutSeconds: 1,
    minutes: [
      ...times(6, quiet),
      { ...quiet(0), open: 70, borrowed: 90, borrowMs: 60 },
      ...times(3, (index) => ({ ...quiet(index), open: 70 })),
      ...times(6, quiet),
    ],
  },
];

/** A third of the open connections belongs to idle clients that pinned them; there are others for everybody. */
export const PINNED_IDLE: ProxyRecording = {
  what: 'pinned idle connections, with room for the others',
  allowed: 90,
  borrowTimeoutSeconds: 120,
  minutes: [...times(5, quiet), ...times(12, (index) => ({ ...quiet(index), borrowed: 18 + (index % 3), pinned: 15 }))],
};

const MINUTES_FULL = 8;

export const FULL: readonly ProxyRecording[] = [1, 5, 30, 120].map((borrowTimeoutSeconds) => ({
  what: `a full proxy with a borrow timeout of ${borrowTimeoutSeconds} s`,
  allowed: 90,
  borrowTimeoutSeconds,
  minutes: [
    ...times(6, quiet),
    ...times(MINUTES_FULL, () => full(borrowTimeoutSeconds * 600)),
    ...times(8, (index) => ({ ...quiet(index), open: 80 - index * 5 })),
  ],
}));

/** The other recordings in which clients wait. */
export const WAITING: readonly ProxyRecording[] = [
  {
    what: 'pinned idle connections that leave nothing for the others',
    allowed: 60,
    borrowTimeoutSeconds: 120,
    minutes: [
      ...times(5, quiet),
      ...times(8, (index) => ({
        open: 60,
        borrowed: 58,
        pinned: 55,
        borrowMs: 400 + index,
        orders: sessions(57, 1),
        carts: sessions(3, 1),
      })),
      ...times(8, quiet),
    ],
  },
  {
    what: 'a pool that takes all connections of the proxy, and another one that needs few',
    allowed: 40,
    borrowTimeoutSeconds: 30,
    minutes: [
      ...times(5, (index) => ({ ...quiet(index), open: 20, orders: sessions(15, 3), carts: sessions(5, 1) })),
      ...times(7, () => ({ open: 40, borrowed: 40, borrowMs: 250, orders: sessions(36, 36), carts: sessions(4, 4) })),
      ...times(8, (index) => ({ ...quiet(index), open: 20, orders: sessions(15, 3), carts: sessions(5, 1) })),
    ],
  },
];

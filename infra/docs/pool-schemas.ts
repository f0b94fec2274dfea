import { POOLERS } from '../../functions/core/poolers.js';
import {
  count,
  known,
  knownCount,
  list,
  object,
  of,
  oneOf,
  problemParts,
  reference,
  referenceOrNull,
  type Schema,
  time,
} from './schemas.js';

const status = oneOf('healthy', 'unhealthy');
const percent = of(known, 'totalConnections / poolSize x 100, one decimal, not capped at 100; null: not known.');

/** The schemas of `GET /health/pool`. */
export const POOL_SCHEMAS: Readonly<Record<string, Schema>> = {
  PoolReport: object(
    {
      status: of(status, 'healthy below 90 % and without any problem of severity error.'),
      metrics: object({
        activeConnections: of(knownCount, 'Executing, or inside a transaction.'),
        idleConnections: of(knownCount, 'Open, and could be given out now.'),
        waitingRequests: of(knownCount, 'Waiting for a connection; null where nobody counts them.'),
        totalConnections: of(knownCount, 'Active and idle.'),
        poolSize: of(knownCount, 'What the pool can really have now; null without a valid definition.'),
      }),
      config: object(
        { min: knownCount, max: knownCount, idleTimeout: knownCount, connectionTimeout: knownCount },
        'The settings in force, times in milliseconds; null without a valid definition.',
      ),
      utilization: object({
        percent,
        status: of(
          oneOf('normal', 'warning', 'critical', 'unknown'),
          'normal below 70, warning from 70 to 90, critical above, or when something is known to be full.',
        ),
      }),
      timestamp: of(time, 'When the sample was taken.'),
      pool: of({ type: 'string' }, 'Name of the pool.'),
      managedPool: referenceOrNull('ManagedPool', 'What stands before the server; null before anything is known.'),
      database: referenceOrNull('Database', 'The server; null when it was not seen.'),
      app: referenceOrNull('App', 'The application’s own pools; null where it publishes no gauges.'),
      saturatedLayer: of(oneOf('database', 'managed', 'app', null), 'The side that is full, the innermost of several.'),
      problems: list(reference('Problem')),
      ageMs: of(count, 'Age of the sample in milliseconds.'),
      pools: list(reference('PoolSummary'), 'A line for each pool; only where there are several.'),
    },
    'One pool, or the worst of several. What could not be seen is null, never 0.',
    ['pools'],
  ),
  PoolSummary: object({ pool: { type: 'string' }, status, percent }),
  Problem: object(problemParts),
  ManagedPool: object({
    kind: of(oneOf(...Object.keys(POOLERS)), 'unknown: some pooler, by the backend that answers.'),
    source: of(oneOf('definition', 'host name', 'console', 'backend'), 'How it was found out.'),
    size: of(knownCount, 'Connections to the server that it may open for this pool; null when unlimited too.'),
    inUse: of(knownCount, 'Of those, given to a client.'),
    waiting: of(knownCount, 'Clients that wait; null where it does not count them.'),
    longestWaitMs: of(known, 'How long the first of them has waited.'),
    borrowWaitMs: of(known, 'How long clients waited on average.'),
    pinned: of(knownCount, 'Connections bound to one client until it leaves.'),
    ageSeconds: of(knownCount, 'Age of these figures: those of RDS Proxy come from CloudWatch.'),
  }),
  Database: object({
    slots: of(count, 'Slots that ordinary clients can use.'),
    usedSlots: of(knownCount, 'Client backends of the whole server; null when those of others are hidden.'),
    idleInTransaction: of(knownCount, 'Connections of the pool that are idle inside a transaction.'),
    longestTransactionMs: of(known, 'Age of the pool’s oldest open transaction; null when there is none.'),
  }),
  App: object({
    waiting: of(count, 'Requests that wait inside the application.'),
    ageSeconds: of(count, 'Age of this figure, which comes from CloudWatch.'),
  }),
};

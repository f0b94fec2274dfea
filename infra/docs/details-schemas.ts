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
} from './schemas.js';

const name: Schema = { type: ['string', 'null'] };

/** The schemas of `GET /health/details`. */
export const DETAILS_SCHEMAS: Readonly<Record<string, Schema>> = {
  DetailsReport: object(
    {
      status: of(oneOf('ok', 'error'), 'ok when the pool is healthy and nothing below is an error.'),
      connectionPool: object({
        activeConnections: knownCount,
        idleConnections: knownCount,
        totalConnections: knownCount,
        poolSize: knownCount,
        utilization: of(known, 'Percent, one decimal.'),
      }),
      health: reference('PoolReport'),
      holders: {
        description:
          'Who holds the connections of the server, the largest groups first; null when it could not be seen.',
        anyOf: [list(reference('Holder')), { type: 'null' }],
      },
      slots: referenceOrNull('Slots', 'The server’s slots, term by term; null when it was not seen.'),
      managedPool: referenceOrNull('ManagedFigures', 'Everything that the managed pool tells.'),
      problems: list(object({ ...problemParts, values: of({ type: 'object' }, 'What was seen.') })),
      roundTrip: object(
        {
          acquireMs: of(known, 'Until a pool gave a connection.'),
          queryMs: of(known, 'The statement alone.'),
        },
        'A timed round trip through Prisma, in milliseconds.',
      ),
    },
    'What an engineer on call asks next.',
  ),
  Holder: object(
    {
      database: name,
      user: name,
      application: name,
      state: of({ type: 'string' }, 'In the words of pg_stat_activity; unknown where the session does not tell.'),
      count,
      oldestTransactionMs: known,
      longestQueryMs: known,
    },
    'Sessions that have database, user, application and state in common.',
  ),
  Slots: object({
    maxConnections: count,
    superuserReserved: count,
    reserved: count,
    rdsReserved: count,
    databaseLimit: of(knownCount, 'CONNECTION LIMIT of the database; null: none.'),
    ordinary: of(count, 'What is left for ordinary clients.'),
    used: of(knownCount, 'Client backends of the whole server.'),
  }),
  ManagedFigures: object(
    {
      takenAt: of({ type: 'number' }, 'Milliseconds since 1970.'),
      isLive: of({ type: 'boolean' }, 'Of this moment; those of CloudWatch are minutes old.'),
      limit: knownCount,
      open: knownCount,
      inUse: knownCount,
      pinned: knownCount,
      waiting: knownCount,
      longestWaitMs: known,
      borrowWaitMs: known,
      clients: knownCount,
      availabilityPercent: known,
      settings: of({ type: 'object', additionalProperties: { type: ['number', 'null'] } }, 'How it is set up.'),
      waitingEstimate: of(known, 'An upper estimate of who waits where it is not counted.'),
    },
    'Null where it does not tell.',
    ['settings'],
  ),
};

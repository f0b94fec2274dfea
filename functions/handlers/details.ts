import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { runtime } from '../compose/runtime.js';
import { type DetailsReport, detailsReport } from '../core/details-report.js';
import { worstOf } from '../core/pool-report.js';
import { DETAILS_ROUTE } from '../core/routes.js';
import { assessAll, type Monitor } from '../monitor/monitor.js';
import { PrismaRoundTrip } from '../round-trip/prisma-round-trip.js';
import { RoundTrips } from '../round-trip/round-trips.js';
import { TransactionRate } from '../round-trip/transaction-rate.js';
import { definitions, json, requestOf } from './http.js';

/** How old a sample may be that is answered with. */
const SAMPLE_AGE_MS = 5_000;

const roundTrips = new RoundTrips((config) => new PrismaRoundTrip(config, runtime.loginFor(config)));

export const handler = detailsHandler(runtime.monitor, roundTrips);

/** Takes leave of all databases. Only a process that ends by itself needs it: `npm start`. */
export function close(): Promise<void> {
  return roundTrips.close();
}

/**
 * `GET /health/details`: what an engineer on call asks next, of the worst pool or of `?pool=<name>`. 200 when all is well,
 * 503 otherwise, with the same body.
 */
export function detailsHandler(monitor: Monitor, trips: RoundTrips) {
  const rate = new TransactionRate();
  return async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    const { method, routeKey, queryPool } = requestOf(event);
    if (method !== 'GET') {
      return json(405, { message: 'Method not allowed: use GET' }, { allow: 'GET' });
    }
    if (routeKey !== DETAILS_ROUTE) {
      return json(404, { message: 'Not found: use /health/details' });
    }
    const report = await detailsOf(queryPool);
    return report
      ? json(report.status === 'ok' ? 200 : 503, report)
      : json(404, { message: 'Not found: no such pool' });
  };

  async function detailsOf(name: string | null): Promise<DetailsReport | null> {
    const pools = await definitions(monitor, name);
    const wanted = name === null ? pools : pools.filter(({ pool }) => pool === name);
    const [first, ...rest] = await assessAll(monitor, wanted, SAMPLE_AGE_MS);
    if (!first) {
      return null;
    }
    const assessment = worstOf([first, ...rest]);
    const { pool, config } = assessment;
    const [holders, roundTrip] = await Promise.all([
      monitor.sessionGroups({ pool, config, problems: [] }),
      trips.measure(config),
    ]);
    const now = Date.now();
    const transactionsPerSecond = rate.next(pool, holders.transactions, now);
    return detailsReport({ assessment, holders, roundTrip, transactionsPerSecond }, now);
  }
}

import { PrismaRoundTrip } from '../round-trip/prisma-round-trip.js';
import { RoundTrips } from '../round-trip/round-trips.js';
import type { Runtime } from './runtime.js';

/** Round trips through Prisma. A separate file, so that only the bundle of `GET /health/details` contains Prisma. */
export function createRoundTrips(loginFor: Runtime['loginFor']): RoundTrips {
  return new RoundTrips((config) => new PrismaRoundTrip(config, loginFor(config)));
}

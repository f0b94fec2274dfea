import { PrismaRoundTrip } from '../round-trip/prisma-round-trip.js';
import { RoundTrips } from '../round-trip/round-trips.js';
import type { Runtime } from './runtime.js';

/** Round trips through Prisma. A file of its own: only the bundle of `GET /health/details` holds Prisma. */
export function createRoundTrips(loginFor: Runtime['loginFor']): RoundTrips {
  return new RoundTrips((config) => new PrismaRoundTrip(config, loginFor(config)));
}

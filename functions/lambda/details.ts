import { awsMonitor, FOR_REQUESTS } from '../compose/aws-monitor.js';
import { createRoundTrips } from '../compose/round-trip.js';
import { detailsHandler } from '../handlers/details.js';

const { monitor, loginFor } = awsMonitor(process.env, FOR_REQUESTS);
const roundTrips = createRoundTrips(loginFor);

export const handler = detailsHandler({ monitor, measureRoundTrip: (config) => roundTrips.measure(config) });

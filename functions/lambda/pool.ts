import { awsMonitor, FOR_REQUESTS } from '../compose/aws-monitor.js';
import { poolHandler } from '../handlers/pool.js';

export const handler = poolHandler(awsMonitor(process.env, FOR_REQUESTS));

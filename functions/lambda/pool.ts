import { awsMonitor } from '../compose/aws-monitor.js';
import { poolHandler } from '../handlers/pool.js';

export const handler = poolHandler(awsMonitor(process.env));

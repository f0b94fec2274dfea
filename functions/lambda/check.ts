import { awsMonitor } from '../compose/aws-monitor.js';
import { awsPublisher } from '../compose/aws-publisher.js';
import { checkHandler } from '../handlers/check.js';

export const handler = checkHandler({ ...awsMonitor(process.env), publish: awsPublisher(process.env) });

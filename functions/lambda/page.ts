import { awsHistory } from '../compose/aws-history.js';
import { pageHandler } from '../handlers/page.js';
import { PAGE, RUNBOOK } from '../page/generated/page.js';

export const handler = pageHandler({ history: awsHistory(process.env), page: PAGE, runbook: RUNBOOK });

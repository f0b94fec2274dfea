import { awsHistory } from '../compose/aws-history.js';
import { pageHandler } from '../handlers/page.js';
import { CONTENT_SECURITY_POLICY, HTML } from '../page/generated/page.js';

const history = awsHistory(process.env);

export const handler = pageHandler({ history, html: HTML, contentSecurityPolicy: CONTENT_SECURITY_POLICY });

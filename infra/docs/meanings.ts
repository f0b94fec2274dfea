import type { SettingName } from '../../functions/core/pool-settings.js';
import { THRESHOLD_SETTINGS } from '../monitoring/thresholds.js';

/** What a key is for, and its default where the schema does not say it. */
export type Meanings = Readonly<Record<string, { readonly text: string; readonly byDefault?: string }>>;

export const SETTING_MEANINGS: Readonly<Record<SettingName, string>> = {
  min: 'connections that the pool keeps open once they are there',
  max: 'connections that the pool of one instance opens at most',
  idleTimeout: 'how long an unused connection stays open',
  connectionTimeout: 'how long a request waits for a connection before it fails',
};

export const DEFINITION_MEANINGS: Meanings = {
  endpoint: { text: 'Where the check connects: the address that the application uses.' },
  port: { text: 'Its port.' },
  database: { text: 'The database whose sessions are counted.' },
  user: { text: 'The role of the check; the output `CheckRoleSql` makes it.' },
  auth: { text: 'How it logs in: with a token of IAM, or with the password of a secret.' },
  tls: { text: 'Whether the server has to prove who it is. `off` is not encrypted either.' },
  environment: { text: 'Which column of the settings applies.' },
  pool: { text: 'The four [pool settings](#pool-settings) of the application, as numbers.', byDefault: 'the column' },
  instances: { text: 'How many instances of the application have such a pool each.' },
  count: { text: 'Whose sessions are the pool’s.', byDefault: 'everybody’s in the database' },
  'count.users': { text: 'Only sessions of these roles.' },
  'count.applications': { text: 'Only sessions with these `application_name`s.' },
  sharedUser: { text: 'Whether the application logs in as the role of the check too, so that its sessions count.' },
  managed: { text: 'What stands between application and server.', byDefault: 'found out' },
  limits: { text: 'From where on figures of the managed pool are problems.' },
  'limits.pinnedPercent': { text: 'Pinned connections, in percent of the open ones.' },
  'limits.borrowWaitMs': { text: 'Milliseconds that clients wait for a connection.' },
};

const KEY_MEANINGS: Meanings = {
  mode: { text: 'What is deployed: a whole small environment to look at, or a monitor for what exists.' },
  name: { text: 'Name of the stack and of the dashboard, first part of the alarms’ names.' },
  parameterPrefix: { text: 'Path of the definitions in SSM.', byDefault: '`/<name>`' },
  emails: { text: 'Who gets mail; each address confirms once.', byDefault: 'nobody' },
  'emails.actNow': { text: 'Told when somebody has to act now.' },
  'emails.notice': { text: 'Told of every other alarm.' },
  apiAuth: { text: 'Who may read `/health/pool` and the page: everybody, or signed requests.', byDefault: '`none`' },
  detailsAuth: { text: 'Who may read `/health/details`, which names users and applications.', byDefault: '`iam`' },
  reservedConcurrency: {
    text: 'Environments of the API that may run at once; the check, details and the page then have one of their own each.',
    byDefault: 'not reserved',
  },
  logRetentionDays: { text: 'Days that logs are kept.', byDefault: '14' },
  runbook: { text: 'Where the links in alarms lead.', byDefault: '`docs/runbook.md`' },
  vpcId: { text: 'The VPC of the functions.' },
  subnetIds: { text: 'Where in it they run.' },
  egress: { text: 'How they reach AWS from there.' },
  pools: { text: 'What is watched.' },
  'pools[].name': { text: 'Name of the pool: in metrics, alarms, the path in SSM and the URL.' },
  'pools[].definition': { text: 'The definition above; written to SSM.' },
  'pools[].securityGroupId': { text: 'Of the proxy or database: it gets a rule that lets the functions in.' },
  'pools[].cidr': { text: 'Instead of a security group, for a server outside the VPC.' },
  'pools[].proxyArn': { text: 'For a login with IAM at an RDS Proxy.' },
  'pools[].dbResourceId': { text: 'For a login with IAM at the database itself.' },
  'pools[].endToEndIam': { text: 'Whether the RDS Proxy logs in to the database with IAM too.', byDefault: '`false`' },
  'pools[].ceiling': {
    text: 'Connections that proxy or server can give this pool: `max` x `instances` above it is refused at synth.',
    byDefault: 'not checked',
  },
};

export const CONTEXT_MEANINGS: Meanings = {
  ...KEY_MEANINGS,
  thresholds: { text: 'Where the alarms begin.' },
  ...Object.fromEntries(
    THRESHOLD_SETTINGS.map(({ setting, meaning, default: value }) => [
      `thresholds.${setting}`,
      { text: meaning, byDefault: `\`${value}\`` },
    ]),
  ),
};

import { THRESHOLD_SETTINGS } from '../monitoring/thresholds.js';

/**
 * Descriptions of keys, for the documents only; bundles do not contain them. `byDefault` describes a default that the schema
 * does not have.
 */
export type Meanings = Readonly<Record<string, { readonly text: string; readonly byDefault?: string }>>;

export const DEFINITION_MEANINGS: Meanings = {
  endpoint: { text: 'Where the check connects: the address that the application uses.' },
  port: { text: 'Port of the endpoint.' },
  database: { text: 'The database whose sessions are counted.' },
  user: { text: 'The database role of the check. The output `CheckRoleSql` creates it.' },
  auth: {
    text: 'How the check logs in: with an IAM token, or with the password of a secret. `arn` needs the last six characters of the secret’s ARN, which AWS adds after a `-`. A short ARN is refused, unless the name itself ends in `-` and six characters: such an ARN cannot be distinguished from a full one.',
  },
  tls: { text: 'Whether the identity of the server is verified. With `off` the connection is not encrypted either.' },
  environment: { text: 'Selects the defaults of the pool settings: development, test or production.' },
  pool: {
    text: 'The four [pool settings](#pool-settings) of the application, as numbers.',
    byDefault: 'the defaults of `environment`',
  },
  instances: { text: 'How many instances of the application have such a pool each.' },
  count: { text: 'Which sessions belong to the pool.', byDefault: 'all sessions of the database' },
  'count.users': { text: 'Only sessions of these roles.' },
  'count.applications': {
    text: 'Only sessions with these `application_name`s, in printable ASCII: PostgreSQL escapes other characters.',
  },
  sharedUser: { text: 'Whether the application logs in as the role of the check too, so that its sessions count.' },
  managed: {
    text: 'The pooler between the application and PostgreSQL. Each kind but `none` also takes `size`: its limit for this pool, where it cannot be queried.',
    byDefault: 'detected',
  },
  limits: { text: 'When stats of the pooler are problems.' },
  'limits.pinnedPercent': { text: 'From this share of pinned connections on, in percent of the open ones.' },
  'limits.borrowWaitMs': { text: 'From this mean wait of clients for a connection on, in milliseconds.' },
  utilization: {
    text: 'What the utilization is a percentage of: all open connections, or those in use.',
    byDefault: '`active` behind an RDS Proxy or a PgBouncer in transaction or statement mode, otherwise `open`',
  },
  role: {
    text: 'What the server at the endpoint has to be.',
    byDefault: 'what the host name says, otherwise what the check sees first',
  },
};

const KEY_MEANINGS: Meanings = {
  mode: { text: 'What is deployed: a disposable demo environment, or a monitor for existing databases.' },
  name: { text: 'Name of the stack and of the dashboard, first part of the alarms’ names.' },
  secretKeyArns: {
    text: 'ARNs of your own KMS keys that encrypt secrets of the pools: the functions may decrypt with them, through Secrets Manager only. The policies of the keys must allow it too.',
    byDefault: 'none',
  },
  namespace: {
    text: 'CloudWatch namespace of the metrics. Each deployment of an account and region needs its own; applications with `pool-health/app` set the same.',
    byDefault: '`PoolHealth`; with another `name` `PoolHealth/<name>`',
  },
  parameterPrefix: { text: 'SSM path of the definitions.', byDefault: '`/<name>`' },
  emails: { text: 'Who receives alarms by e-mail; each address confirms once.', byDefault: 'none' },
  'emails.actNow': { text: 'Addresses for alarms that need immediate action.' },
  'emails.notice': { text: 'Addresses for all other alarms.' },
  apiAuth: { text: 'Who may read `/health/pool` and the page: everybody, or signed requests.', byDefault: '`none`' },
  detailsAuth: { text: 'Who may read `/health/details`, which names users and applications.', byDefault: '`iam`' },
  reservedConcurrency: {
    text: 'Concurrent environments of the API. The check and details then have one each, the page five.',
    byDefault: 'not reserved',
  },
  logRetentionDays: { text: 'Retention of logs, in days.', byDefault: '14' },
  runbook: {
    text: 'Where the runbook links in alarms lead; `#<alarm>` is appended.',
    byDefault: '`GET /health/runbook`; with `apiAuth` `iam`, which no browser can open, `docs/runbook.md`',
  },
  vpcId: { text: 'VPC of the functions.' },
  subnetIds: { text: 'Subnets of the VPC in which the functions run.' },
  egress: { text: 'How the functions reach AWS services from these subnets.' },
  endpointsSecurityGroupId: {
    text: 'Security group of interface endpoints that the VPC has. It gets a rule that admits the functions. Required with `existing`; needed with `nat` if the VPC has such endpoints, because their private DNS takes precedence over the NAT gateway.',
    byDefault: 'none',
  },
  endpointSubnetIds: {
    text: 'Where `endpoints` creates them: at most one subnet in each zone. AWS refuses two in one zone.',
    byDefault: '`subnetIds`',
  },
  pools: { text: 'The pools to check.' },
  'pools[].name': { text: 'Name of the pool: in metrics, alarms, the path in SSM and the URL.' },
  'pools[].definition': { text: 'The definition above. The deployment writes it to SSM.' },
  'pools[].securityGroupId': {
    text: 'Security group of the proxy or database. It gets a rule that admits the functions.',
  },
  'pools[].cidr': { text: 'Instead of a security group, for a server outside the VPC.' },
  'pools[].proxyArn': { text: 'For a login with IAM at an RDS Proxy.' },
  'pools[].dbResourceId': { text: 'For a login with IAM at the database itself.' },
  'pools[].endToEndIam': { text: 'Whether the RDS Proxy logs in to the database with IAM too.', byDefault: '`false`' },
  'pools[].alarmStack': {
    text: 'The stack with the alarms and the definition of this pool: 0 is the main stack, n is its nested stack n. Synth refuses a full stack and names the next number. See [many pools](../deploy/guide.md#many-pools) before you change the number of a deployed pool.',
    byDefault: '0, the main stack',
  },
  'pools[].ceiling': {
    text: 'Connections that the proxy or server can give this pool. Synth refuses `max` x `instances` above it.',
    byDefault: 'not checked',
  },
};

export const CONTEXT_MEANINGS: Meanings = {
  ...KEY_MEANINGS,
  thresholds: { text: 'Thresholds of the alarms.' },
  ...Object.fromEntries(
    THRESHOLD_SETTINGS.map(({ setting, meaning, default: value }) => [
      `thresholds.${setting}`,
      { text: meaning, byDefault: `\`${value}\`` },
    ]),
  ),
};

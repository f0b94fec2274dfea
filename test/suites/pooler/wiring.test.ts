import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { awsMonitor } from '../../../functions/compose/aws-monitor.js';
import { parseSettings, parseUrlPool } from '../../../functions/compose/url.js';
import { urlMonitor } from '../../../functions/compose/url-monitor.js';
import type { Monitor } from '../../../functions/monitor/monitor.js';
import { AwsEndpoint, awsAnswer, lambdaEnvironment } from '../../support/aws-endpoint.js';
import { CONSOLE_USER } from '../../support/pgbouncer.js';
import { CHECK_ROLE } from '../../support/probe.js';
import { APP, POOL_SIZE, Scene, SHOP } from './scene.js';

let scene: Scene;
/** One for all tests, as clients of AWS are kept. */
let aws: AwsEndpoint;
const monitors: Monitor[] = [];
beforeAll(async () => {
  scene = await Scene.start();
  aws = await AwsEndpoint.start();
  lambdaEnvironment(aws.url);
});
afterEach(async () => {
  await Promise.all(monitors.splice(0).map((monitor) => monitor.close()));
  aws.calls.splice(0);
  await scene.clear();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await aws?.close();
  await scene?.server.close();
});

async function assessed(monitor: Monitor) {
  monitors.push(monitor);
  const [watched] = await monitor.pools(0);
  return await monitor.assess(watched, 0);
}

test("npm start: the console is detected with the URL's own user", async () => {
  await scene.pool({ pool_mode: 'transaction', stats_users: APP });
  await scene.crowd(2, 2);
  const url = new URL(scene.server.postgres.url({ user: APP, database: SHOP }));
  url.port = String(scene.pooler.port);
  const pool = parseUrlPool({ url: url.href, sharedUser: undefined, settings: parseSettings({}) });
  const { sample, verdict } = await assessed(urlMonitor(pool).monitor);
  expect(sample.pooler).toMatchObject({
    kind: 'pgbouncer',
    source: 'console',
    stats: { inUse: 2, limit: POOL_SIZE },
  });
  expect(verdict).toMatchObject({ waitingRequests: 0, activeConnections: 2, poolSize: POOL_SIZE });
});

const arnOf = (name: string) => `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${name}-AbCdEf`;

/** A deployed runtime with one pool, whose definition is this and what every one needs. */
function deployed(managed?: object): Monitor {
  const definition = {
    endpoint: '127.0.0.1',
    port: scene.pooler.port,
    database: SHOP,
    user: CHECK_ROLE,
    auth: { type: 'secret', arn: arnOf('check') },
    tls: 'off',
    managed,
  };
  const parameter = { Name: '/pool-health/orders', Value: JSON.stringify(definition), Type: 'String', Version: 1 };
  aws.answer('GetParametersByPath', awsAnswer({ Parameters: [parameter] }));
  return awsMonitor({}).monitor;
}

const NAMED = { kind: 'pgbouncer', user: CONSOLE_USER, auth: { type: 'secret', arn: arnOf('console') } };

test.each([
  ['named for it', CONSOLE_USER, NAMED],
  ['of the check', CHECK_ROLE, undefined],
])('deployed: the console is queried as the user %s', async (_, stats_users, managed) => {
  await scene.pool({ pool_mode: 'transaction', stats_users });
  await scene.crowd(2, 2);
  aws.answer('GetSecretValue', awsAnswer({ SecretString: scene.server.postgres.password }));
  const { sample } = await assessed(deployed(managed));
  const secrets = aws.calls
    .filter(({ operation }) => operation === 'GetSecretValue')
    .map(({ input }) => input.SecretId);
  const source = managed ? 'definition' : 'console';
  expect(sample.pooler).toMatchObject({ kind: 'pgbouncer', source, stats: { inUse: 2, limit: POOL_SIZE } });
  expect(secrets.sort()).toEqual(managed ? [arnOf('check'), arnOf('console')] : [arnOf('check')]);
});

test('deployed: a password that PgBouncer refuses is read again within the same check', async () => {
  await scene.pool({ pool_mode: 'transaction' });
  const secret = (SecretString: string) => awsAnswer({ SecretString });
  aws.answerInTurn('GetSecretValue', secret('of yesterday'), secret(scene.server.postgres.password));
  const { sample } = await assessed(deployed());
  expect(sample.database?.connections).toMatchObject({ total: 0 });
});

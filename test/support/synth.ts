import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { readContext } from '../../infra/context.js';
import { FEATURE_FLAGS } from '../../infra/feature-flags.js';
import { PoolHealthStack } from '../../infra/stack.js';

/** A deployment to two pools behind one RDS Proxy and to one database that is logged in to with a secret. */
export const ATTACH = {
  mode: 'attach',
  vpcId: 'vpc-0a1b2c3d4e5f60718',
  subnetIds: ['subnet-0aaaaaaaaaaaaaaaa', 'subnet-0bbbbbbbbbbbbbbbb'],
  egress: 'endpoints',
  emails: { actNow: ['oncall@example.com'], notice: ['team@example.com'] },
  pools: [
    {
      name: 'orders',
      definition: {
        endpoint: 'shop.proxy-abc.eu-central-1.rds.amazonaws.com',
        database: 'orders',
        user: 'pool_health',
        auth: { type: 'iam' },
        pool: { max: 15 },
        instances: 4,
        managed: { kind: 'rds-proxy', name: 'shop' },
      },
      securityGroupId: 'sg-0123456789abcdef0',
      proxyArn: 'arn:aws:rds:eu-central-1:111122223333:db-proxy:prx-0123456789abcdef0',
      endToEndIam: true,
      ceiling: 90,
    },
    {
      name: 'carts',
      definition: {
        endpoint: 'shop.proxy-abc.eu-central-1.rds.amazonaws.com',
        database: 'carts',
        user: 'pool_health',
        auth: { type: 'iam' },
        managed: { kind: 'rds-proxy', name: 'shop' },
      },
      securityGroupId: 'sg-0123456789abcdef0',
      proxyArn: 'arn:aws:rds:eu-central-1:111122223333:db-proxy:prx-0123456789abcdef0',
      endToEndIam: true,
    },
    {
      name: 'reports',
      definition: {
        endpoint: '10.20.30.40',
        port: 6432,
        database: 'reports',
        user: 'watcher',
        auth: {
          type: 'secret',
          arn: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:reports/watcher-AbCdEf',
        },
        managed: { kind: 'none' },
      },
      cidr: '10.20.30.40/32',
    },
  ],
} as const;

/** An app with the feature flags of this repository's, and nothing in it. */
export function emptyApp(): App {
  return new App({ context: FEATURE_FLAGS, analyticsReporting: false });
}

/** The stack that a context describes. */
export function stackOf(context: unknown, app = emptyApp()): PoolHealthStack {
  return new PoolHealthStack(app, readContext(context));
}

export function templateOf(context: unknown): Template {
  return Template.fromStack(stackOf(context));
}

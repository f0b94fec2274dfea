import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { attach } from './construct/attach.js';
import { addOutputs } from './construct/outputs.js';
import { PoolHealth, type PoolHealthProps } from './construct/pool-health.js';
import type { Options } from './context.js';
import { DemoDatabase } from './demo/database.js';
import { DatabaseRole } from './demo/database-role.js';

/** The deployment that the context describes: pool-health, and in the demo something to watch. */
export class PoolHealthStack extends Stack {
  constructor(scope: Construct, options: Options) {
    super(scope, options.name, { description: `pool-health, ${options.mode}` });
    addOutputs(this, options.mode === 'demo' ? this.#demo(options) : this.#health(options, attach(this, options)));
  }

  #demo(options: Options): PoolHealth {
    const database = new DemoDatabase(this, 'Demo', options.name);
    const health = this.#health(options, {
      network: { vpc: database.vpc, egress: 'endpoints' },
      pools: [database.pool],
    });
    for (const role of health.checkRoles) {
      new DatabaseRole(database, `Role-${role.user}`, { ...database, role });
    }
    // Checks begin when the proxy and the role are there, so that the first one is healthy.
    health.schedule.node.addDependency(database);
    return health;
  }

  #health(options: Options, where: Pick<PoolHealthProps, 'network' | 'pools'>): PoolHealth {
    const { name, mode: _, parameterPrefix = `/${name}`, logRetentionDays, ...rest } = options;
    const logRetention = logRetentionDays === undefined ? {} : { logRetention: logRetentionDays };
    return new PoolHealth(this, 'PoolHealth', { ...rest, ...logRetention, name, parameterPrefix, ...where });
  }
}

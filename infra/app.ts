import { App } from 'aws-cdk-lib';
import { ContextError, readContext } from './context.js';
import { demoNotice } from './cost/bill.js';
import { PoolHealthStack } from './stack.js';

/** The CDK app of this repository: reads the context of `cdk.json` and makes one stack. */
const app = new App();

try {
  const options = readContext(app.node.tryGetContext('pool-health'));
  if (options.mode === 'demo') {
    console.error(demoNotice());
  }
  new PoolHealthStack(app, options);
  app.synth();
} catch (error) {
  if (!(error instanceof ContextError)) {
    throw error;
  }
  console.error(error.message);
  process.exitCode = 1;
}

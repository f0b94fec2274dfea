import { App } from 'aws-cdk-lib';
import { ContextError, readContext } from './context.js';
import { demoNotice } from './cost/bill.js';
import { PoolHealthStack } from './stack.js';
import { templateMistakes } from './template-size.js';

/** The CDK app of this repository: reads the context of `cdk.json` and makes one stack. */
const app = new App();

try {
  const options = readContext(app.node.tryGetContext('pool-health'));
  if (options.mode === 'demo') {
    console.error(demoNotice());
  }
  new PoolHealthStack(app, options);
  const mistakes = templateMistakes(app.synth().directory);
  if (mistakes.length > 0) {
    console.error(mistakes.join('\n'));
    process.exitCode = 1;
  }
} catch (error) {
  if (!(error instanceof ContextError)) {
    throw error;
  }
  console.error(error.message);
  process.exitCode = 1;
}

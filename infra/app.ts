import { existsSync, readFileSync } from 'node:fs';
import { App, Errors } from 'aws-cdk-lib';
import { checkCdkJson } from './cdk-json.js';
import { ContextError, readContext } from './context.js';
import { summaryOf } from './cost/summary.js';
import { FEATURE_FLAGS } from './feature-flags.js';
import { PoolHealthStack } from './stack.js';
import { targetOf } from './target.js';
import { templateMistakes } from './template-size.js';

/** The CDK app of this repository: reads the context of `cdk.json`, makes one stack, and says what it contains and costs. */
const CDK_JSON = 'cdk.json';
// Synthesized below. By default the CDK synthesizes again at exit, and a mistake would be thrown with its stack trace.
const app = new App({ autoSynth: false, context: FEATURE_FLAGS });

try {
  // The command line of the CDK runs the app in the folder of this file.
  if (existsSync(CDK_JSON)) {
    checkCdkJson(readFileSync(CDK_JSON, 'utf8'));
  }
  const [context, mode] = ['pool-health', 'mode'].map((key) => app.node.tryGetContext(key));
  const options = readContext(context, mode, targetOf(process.env));
  const { health } = new PoolHealthStack(app, options);
  const mistakes = templateMistakes(app);
  if (mistakes.length > 0) {
    throw new ContextError(mistakes);
  }
  console.error(summaryOf(app, health, options.mode));
} catch (error) {
  // A mistake of the user is its message. A stack trace would hide it, and is for an error of this code.
  if (!(error instanceof ContextError || Errors.isValidationError(error))) {
    throw error;
  }
  console.error(error.message);
  process.exitCode = 1;
}

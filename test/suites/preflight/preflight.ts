import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type App, NestedStack, Stack } from 'aws-cdk-lib';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { emptyApp } from '../../support/synth.js';
import { type Finding, findingsOf } from '../../support/validation-report.js';

/** What is used of cdk-preflight. Its types are installed with the suite only. */
interface Package {
  readonly Preflight: { apply(app: App, options: { readonly strict: boolean }): void };
}

const { Preflight } = createRequire(import.meta.url)('cdk-preflight') as Package;

/** Synthesizes an app. Returns what cdk-preflight, and the CDK's own validation engine, find in all of its templates. */
export function examine(app: App): readonly Finding[] {
  Preflight.apply(app, { strict: true });
  return [...findingsOf(app), ...nestedStacksOf(app).flatMap((nested) => examineNested(app, nested))];
}

/** The template of a nested stack, in a stack of its own: the CDK passes plugins the templates of no nested stacks. */
function examineNested({ outdir }: App, { templateFile }: NestedStack): readonly Finding[] {
  const app = emptyApp();
  Preflight.apply(app, { strict: true });
  const [id = ''] = templateFile.split('.');
  new CfnInclude(new Stack(app, id), 'Template', { templateFile: join(outdir, templateFile) });
  return findingsOf(app);
}

function nestedStacksOf(app: App): readonly NestedStack[] {
  return app.node.findAll().filter((node) => NestedStack.isNestedStack(node)) as NestedStack[];
}

import { statSync } from 'node:fs';
import type { App } from 'aws-cdk-lib';
import { templateFiles } from './template-files.js';

/** Bytes of a template that CloudFormation takes. @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const MAX_BYTES = 1_000_000;

/**
 * A mistake for each template that CloudFormation would refuse, nested stacks included: their resources were counted, but long
 * names make them larger. The CDK only warns. Synthesizes the app unless it was already.
 */
export function templateMistakes(app: App): readonly string[] {
  return templateFiles(app)
    .map(({ file, path }) => ({ file, bytes: statSync(path).size }))
    .filter(({ bytes }) => bytes > MAX_BYTES)
    .map(
      ({ file, bytes }) =>
        `${file} has ${bytes} bytes, and CloudFormation takes ${MAX_BYTES}: set a higher "alarmStack" for some of its pools, best for those that are not deployed yet`,
    );
}

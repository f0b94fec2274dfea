import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes of a template that CloudFormation takes. @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const MAX_BYTES = 1_000_000;
const SUFFIX = '.template.json';

/**
 * A mistake for each template that CloudFormation would refuse, nested stacks included: their resources were counted, but long
 * names make them larger. The CDK only warns.
 *
 * @param folder the output of a synth
 */
export function templateMistakes(folder: string): readonly string[] {
  const sizes = readdirSync(folder)
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => ({ file, bytes: statSync(join(folder, file)).size }));
  return sizes
    .filter(({ bytes }) => bytes > MAX_BYTES)
    .map(
      ({ file, bytes }) =>
        `${file} has ${bytes} bytes, and CloudFormation takes ${MAX_BYTES}: set a higher "alarmStack" for some of its pools, best for those that are not deployed yet`,
    );
}

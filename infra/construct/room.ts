import { CfnResource, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** Resources that a stack may have. @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const MOST_RESOURCES = 500;

/** Says at synth what to do when the alarms of so many pools do not fit into one stack. */
export function validateRoom(scope: Construct, pools: number): void {
  const stack = Stack.of(scope);
  scope.node.addValidation({
    validate: () => {
      const all = stack.node.findAll();
      const resources = all.filter((each) => CfnResource.isCfnResource(each) && each.stack === stack).length;
      return resources <= MOST_RESOURCES
        ? []
        : [
            `${pools} pools make ${resources} resources, and a stack takes ${MOST_RESOURCES}: deploy some of the pools as a second stack, with a name and a parameterPrefix of its own`,
          ];
    },
  });
}

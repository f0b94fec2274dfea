import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { failureName, UnexpectedAnswer } from '../aws/errors.js';

/**
 * The text of one SSM parameter.
 *
 * @param deadlineMs milliseconds, with retries
 * @throws Error of one line that says what went wrong, by its name
 */
export async function readParameter(client: SSMClient, name: string, deadlineMs = 5_000): Promise<string> {
  try {
    const command = new GetParameterCommand({ Name: name, WithDecryption: true });
    const { Parameter } = await client.send(command, { abortSignal: AbortSignal.timeout(deadlineMs) });
    if (Parameter?.Value === undefined) {
      throw new UnexpectedAnswer();
    }
    return Parameter.Value;
  } catch (error) {
    throw new Error(
      `POOL_HEALTH_PARAMETER could not be read from SSM (${failureName(error)}): check its name, AWS_REGION, the credentials and ssm:GetParameter`,
    );
  }
}

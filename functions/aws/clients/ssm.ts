import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { deadlineSignal } from '../../time/deadline.js';
import { BOUNDS, type Bounds, bounded } from './bounds.js';

/** Creates a client of SSM, which stores the pool definitions. */
export function ssmClient(bounds: Bounds = BOUNDS): SSMClient {
  return new SSMClient(bounded(bounds));
}

/**
 * The text of one parameter; undefined where the answer does not contain it.
 *
 * @throws what the SDK throws, and an AbortError after `deadlineMs` milliseconds
 */
export async function getParameter(name: string, deadlineMs: number, client: SSMClient): Promise<string | undefined> {
  const command = new GetParameterCommand({ Name: name, WithDecryption: true });
  const { Parameter } = await client.send(command, { abortSignal: deadlineSignal(deadlineMs) });
  return Parameter?.Value;
}

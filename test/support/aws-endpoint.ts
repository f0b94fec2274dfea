import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { vi } from 'vitest';
import { FakeService } from './fake-service.js';

/** A call as it came over the wire. */
export interface AwsCall {
  /** Such as `PutMetricData`. */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** Of the body, after decompression. */
  readonly bytes: number;
  readonly headers: IncomingHttpHeaders;
}

export type Answer = (response: ServerResponse, call: AwsCall) => void;

/**
 * AWS: an HTTP server that speaks the JSON protocols of SSM and Secrets Manager (1.1) and CloudWatch (1.0). It gives the
 * answers that the test has set and records every call.
 */
export class AwsEndpoint extends FakeService {
  readonly calls: AwsCall[] = [];
  readonly #answers = new Map<string, Answer>();

  static start(): Promise<AwsEndpoint> {
    return new AwsEndpoint().listen();
  }

  protected override respond({ headers }: IncomingMessage, sent: Buffer, response: ServerResponse): void {
    const body = headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
    const operation = `${headers['x-amz-target']}`.split('.').at(-1) ?? '';
    const input = JSON.parse(body.toString()) as Record<string, unknown>;
    const call = { operation, input, bytes: body.byteLength, headers };
    this.calls.push(call);
    (this.#answers.get(operation) ?? awsError(400, 'UnknownOperationException'))(response, call);
  }

  /** From now on the operation is answered in this way. */
  answer(operation: string, answer: Answer): void {
    this.#answers.set(operation, answer);
  }

  /** Answers the first calls of the operation with the first answers, and all others with the last. */
  answerInTurn(operation: string, ...answers: readonly [Answer, ...Answer[]]): void {
    let turn = 0;
    this.answer(operation, (response, call) => {
      const answer = answers[Math.min(turn, answers.length - 1)];
      turn += 1;
      answer?.(response, call);
    });
  }
}

/** The environment of a function in AWS, as Lambda gives it. */
export function lambdaVariables(endpointUrl: string): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: endpointUrl,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'MARKED-access-key',
    AWS_SESSION_TOKEN: 'MARKED-session-token',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/nowhere',
    AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
    // Tests run on older versions of Node too.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
}

/** Makes this the environment of this process. `vi.unstubAllEnvs` takes it back. */
export function lambdaEnvironment(endpointUrl: string): void {
  for (const [name, value] of Object.entries(lambdaVariables(endpointUrl))) {
    vi.stubEnv(name, value);
  }
}

export function awsAnswer(body: object): Answer {
  return rawAnswer(200, JSON.stringify(body), 'application/x-amz-json-1.1');
}

export function rawAnswer(
  status: number,
  body: string,
  type = 'text/html',
  headers: Record<string, string> = {},
): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': type, ...headers }).end(body);
  };
}

/** An error as AWS words it. CloudWatch, once a Query service, adds its old name of the error in a header. */
export function awsError(status: number, name: string, message = name, headers: Record<string, string> = {}): Answer {
  return (response, { headers: { 'x-amzn-query-mode': queryMode } }) => {
    const old = queryMode
      ? { 'x-amzn-query-error': `${name.replace(/^ThrottlingException$/, 'Throttling')};Sender` }
      : {};
    const body = JSON.stringify({ __type: name, message });
    rawAnswer(status, body, 'application/x-amz-json-1.1', { ...headers, ...old })(response, {} as AwsCall);
  };
}

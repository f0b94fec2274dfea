import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { vi } from 'vitest';

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
 * Stands in for AWS: an HTTP server that speaks the JSON protocols of SSM and Secrets Manager (1.1) and CloudWatch (1.0),
 * answers as it is told to, and remembers every call.
 */
export class AwsEndpoint {
  readonly calls: AwsCall[] = [];
  readonly #answers = new Map<string, Answer>();
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const sent = Buffer.concat(chunks);
        const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
        const operation = `${request.headers['x-amz-target']}`.split('.').at(-1) ?? '';
        const input = JSON.parse(body.toString()) as Record<string, unknown>;
        const call = { operation, input, bytes: body.byteLength, headers: request.headers };
        this.calls.push(call);
        const answer = this.#answers.get(operation) ?? awsError(400, 'UnknownOperationException');
        answer(response, call);
      });
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(): Promise<AwsEndpoint> {
    const endpoint = new AwsEndpoint();
    await new Promise<void>((resolve) => endpoint.#server.listen(0, '127.0.0.1', resolve));
    return endpoint;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
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

  async close(): Promise<void> {
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    await new Promise((resolve) => this.#server.close(resolve));
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

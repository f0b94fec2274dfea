import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { HttpHandler } from '../handlers/http.js';
import { targetOf, toEvent } from './event.js';
import { isServedHost } from './hosts.js';

export interface LocalServer {
  readonly port: number;
  /** Sets the handler of all requests. Before the first call every request is answered with 503. */
  serve(handler: HttpHandler): void;
  /** Stops listening and closes all connections, so that no slow client delays the end. */
  close(): Promise<void>;
}

/**
 * Listens on 127.0.0.1 and calls a Lambda handler as API Gateway does: with the same event, and with the same answers if the
 * handler throws or is missing.
 *
 * @param port 0 for any free port
 * @param hosts names, beside those of this machine, for which requests are answered; any other gets 421
 * @throws Error with `code` `EADDRINUSE` or `EACCES` if the port is not available
 */
export function listen(port: number, hosts: readonly string[] = []): Promise<LocalServer> {
  let answer: HttpHandler = async () => message(503, 'Service Unavailable');
  const server = createServer((request, response) => {
    request.resume();
    void respond(request, response, (event) => refusal(request, hosts) ?? answer(event));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      resolve({
        port: (server.address() as AddressInfo).port,
        serve: (handler) => {
          answer = handler;
        },
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}

async function respond(request: IncomingMessage, response: ServerResponse, handler: HttpHandler): Promise<void> {
  try {
    write(response, await handler(toEvent(request)));
  } catch (error) {
    // Only the name: the message may contain a host.
    process.stderr.write(`The handler threw ${error instanceof Error ? error.name : typeof error}\n`);
    write(response, message(500, 'Internal Server Error'));
  }
}

/** The answer to a request that may not be for this server; null for any other. */
function refusal(
  request: IncomingMessage,
  hosts: readonly string[],
): Promise<APIGatewayProxyStructuredResultV2> | null {
  const { authority } = targetOf(request);
  if ((request.headersDistinct.host?.length ?? 0) > 1) {
    return Promise.resolve(message(400, 'Bad Request: more than one Host'));
  }
  // A client of HTTP/1.0 may send no Host. A browser always does.
  if (authority === null || isServedHost(authority, hosts)) {
    return null;
  }
  const text = 'Misdirected Request: use localhost, or set POOL_HEALTH_HOSTS to the name of this server';
  return Promise.resolve(message(421, text));
}

function write(response: ServerResponse, result: APIGatewayProxyStructuredResultV2): void {
  const { statusCode = 200, headers = {}, body = '', cookies, isBase64Encoded } = result;
  const content = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  response.statusCode = statusCode;
  for (const [name, value] of Object.entries({ ...headers, ...(cookies && { 'set-cookie': cookies }) })) {
    response.setHeader(name, typeof value === 'boolean' ? String(value) : value);
  }
  // An answer to HEAD has no content, whose length would not be that of the answer to GET.
  if (response.req.method !== 'HEAD') {
    response.setHeader('content-length', content.byteLength);
  }
  response.end(content);
}

function message(statusCode: number, text: string): APIGatewayProxyStructuredResultV2 {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ message: text }) };
}

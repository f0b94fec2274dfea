import { type Answer, awsError, rawAnswer } from './aws-endpoint.js';

export interface Fault {
  readonly fault: string;
  readonly answer: Answer;
  /** Names by which the failure may be known. */
  readonly names: readonly string[];
  /** Calls that a client with two retries makes. */
  readonly attempts: number;
}

const DENIED = 'User: arn:aws:sts::123456789012:assumed-role/MARKED-role/f is not authorized to perform this operation';

/** Everything that a call to AWS may run into, after which it has not been carried out. */
export const FAULTS: readonly Fault[] = [
  {
    fault: 'throttled (400)',
    answer: awsError(400, 'ThrottlingException', 'Rate exceeded'),
    names: ['ThrottlingException', 'Throttling'],
    attempts: 3,
  },
  {
    fault: 'throttled (429)',
    answer: awsError(429, 'TooManyRequestsException', 'Too many requests'),
    names: ['TooManyRequestsException'],
    attempts: 3,
  },
  {
    fault: 'denied',
    answer: awsError(400, 'AccessDeniedException', DENIED),
    names: ['AccessDeniedException'],
    attempts: 1,
  },
  {
    fault: 'credentials of another account or region',
    answer: awsError(400, 'UnrecognizedClientException', 'The security token included in the request is invalid.'),
    names: ['UnrecognizedClientException'],
    attempts: 1,
  },
  {
    fault: 'signed for the wrong region',
    answer: awsError(400, 'InvalidSignatureException', "Credential should be scoped to a valid region, not 'MARKED'."),
    names: ['InvalidSignatureException'],
    attempts: 1,
  },
  {
    fault: 'an internal error (500)',
    answer: awsError(500, 'InternalServerError', 'MARKED-internals'),
    names: ['InternalServerError'],
    attempts: 3,
  },
  { fault: 'an error without a body (503)', answer: rawAnswer(503, ''), names: ['Unknown'], attempts: 3 },
  {
    fault: 'an error page instead of JSON (502)',
    answer: rawAnswer(502, '<html>MARKED-page</html>'),
    names: ['SyntaxError'],
    attempts: 3,
  },
  {
    fault: 'an error whose name is anything',
    answer: awsError(400, 'MARKED secret <that> came back'),
    names: ['Unknown'],
    attempts: 1,
  },
  {
    fault: 'garbage instead of an answer (200)',
    answer: rawAnswer(200, 'MARKED-garbage', 'application/x-amz-json-1.1'),
    names: ['SyntaxError'],
    attempts: 1,
  },
  {
    fault: 'a connection that is cut',
    answer: (response) => response.socket?.destroy(),
    names: ['ECONNRESET'],
    attempts: 3,
  },
  { fault: 'no answer at all', answer: () => undefined, names: ['TimeoutError'], attempts: 3 },
  {
    fault: 'an answer that never ends',
    answer: (response) => response.writeHead(200, { 'content-length': '100' }).write('{"Par'),
    names: ['TimeoutError'],
    attempts: 1,
  },
  {
    fault: 'throttled, to come again in an hour',
    answer: awsError(400, 'ThrottlingException', 'Rate exceeded', { 'x-amz-retry-after': '3600000' }),
    names: ['TimeoutError'],
    attempts: 1,
  },
];

/** Short only where time is what ends the call, so that a slow machine does not make another fault of it. Milliseconds. */
export function timesFor({ names, attempts }: Pick<Fault, 'names' | 'attempts'>) {
  const isTimeout = names.includes('TimeoutError');
  return {
    answerMs: isTimeout && attempts > 1 ? 500 : 20_000,
    deadlineMs: isTimeout && attempts === 1 ? 1_000 : 20_000,
  };
}

/** Where nothing listens. */
export const CLOSED_URL = 'http://127.0.0.1:1';

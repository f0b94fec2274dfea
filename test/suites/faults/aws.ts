import { escapeLiteral } from 'pg';
import type { PoolDefinition } from '../../../functions/core/pool-config.js';
import { type Answer, awsError, rawAnswer } from '../../support/aws-endpoint.js';
import { type RdsAnswer, rdsError } from '../../support/rds-endpoint.js';
import type { Outputs } from './outputs.js';
import type { Fault, Lift, Promised } from './row.js';
import { ROLE, type Scene, type Service } from './scene.js';

const DENIED = 'User: arn:aws:sts::123456789012:assumed-role/MARKED-role/f is not authorized to perform this operation';
const JSON_TYPE = 'application/x-amz-json-1.1';

/** Answers of a failing service. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  throttled: awsError(400, 'ThrottlingException', 'Rate exceeded'),
  denied: awsError(400, 'AccessDeniedException', DENIED),
  'no answer': () => undefined,
  'an internal error (500)': awsError(500, 'InternalServerError', 'MARKED-internals'),
  garbage: rawAnswer(200, 'MARKED-garbage', JSON_TYPE),
};

/** The same for the RDS API. */
const RDS_ANSWERS: Readonly<Record<string, RdsAnswer>> = {
  throttled: rdsError(400, 'Throttling', 'Rate exceeded'),
  denied: rdsError(403, 'AccessDenied', DENIED),
  'no answer': () => undefined,
  'an internal error (500)': rdsError(500, 'InternalFailure', 'MARKED-internals'),
  garbage: (response) => {
    response.writeHead(200, { 'content-type': 'text/xml' }).end('<MARKED-garbage');
  },
};

interface Call {
  readonly operation: string;
  readonly service: Service;
  /** The purpose of the call. */
  readonly what: string;
  readonly promise: Promised;
  /** How long it may take, retries included. */
  readonly awsMs: number;
  readonly isCold?: boolean;
  readonly breaksCheck?: boolean;
  readonly definition?: Partial<PoolDefinition>;
  readonly also?: Fault['also'];
}

function expectInLog({ log }: Outputs): void {
  const entries = log.filter((line) => line.includes('"code":"AWS.CLOUDWATCH"'));
  const metrics = log.filter((line) => line.startsWith('{"_aws"'));
  if (entries.length !== 1 || metrics.length !== 1) {
    throw new Error(`${entries.length} entries and ${metrics.length} metrics in the log, expected one of each`);
  }
}

const CALLS: readonly Call[] = [
  {
    operation: 'GetParametersByPath',
    service: 'SSM',
    what: 'SSM, after a good start',
    promise: { status: 'healthy', codes: ['AWS.SSM'], note: 'The last good definitions stay in force.' },
    awsMs: 5_000,
  },
  {
    operation: 'GetParametersByPath',
    service: 'SSM',
    what: 'SSM, at the start',
    promise: {
      status: 'unhealthy',
      codes: ['AWS.SSM'],
      note: 'The check throws, so that `Errors` and the heartbeat alarm; a GET answers with the reason.',
    },
    awsMs: 5_000,
    isCold: true,
    breaksCheck: true,
  },
  {
    operation: 'PutMetricData',
    service: 'CLOUDWATCH',
    what: 'CloudWatch, taking metrics',
    promise: { status: 'healthy', codes: [], note: 'The metrics are in the log in embedded metric format.' },
    awsMs: 3_000,
    also: ({ outputs }) => expectInLog(outputs),
  },
  {
    operation: 'GetMetricData',
    service: 'CLOUDWATCH',
    what: "CloudWatch, giving the application's gauges",
    promise: { status: 'healthy', codes: ['MANAGED.UNAVAILABLE'] },
    awsMs: 0,
  },
  {
    operation: 'ListMetrics',
    service: 'CLOUDWATCH',
    what: "CloudWatch, looking up an RDS Proxy's metrics, at the start",
    promise: { status: 'healthy', codes: ['MANAGED.UNAVAILABLE'], note: 'Later failures keep the last good answer.' },
    awsMs: 0,
    isCold: true,
    definition: { managed: { kind: 'rds-proxy', name: 'shop' } },
  },
  {
    operation: 'GetSecretValue',
    service: 'SECRETS_MANAGER',
    what: 'Secrets Manager, at the start',
    promise: {
      status: 'unhealthy',
      codes: ['AWS.SECRETS'],
      note: 'The password is cached and read again only after a refused login.',
    },
    awsMs: 0,
    isCold: true,
  },
  {
    operation: 'DescribeDBProxies',
    service: 'RDS',
    what: 'the RDS API, at the start',
    promise: { status: 'healthy', codes: ['MANAGED.UNAVAILABLE'], note: 'Later failures keep the last good answer.' },
    awsMs: 0,
    isCold: true,
    definition: { managed: { kind: 'rds-proxy', name: 'shop' } },
  },
];

function answering(call: Call, fault: string): Fault['make'] {
  return async (scene) => {
    if (call.service === 'RDS') {
      scene.answerRds(RDS_ANSWERS[fault] ?? rdsError(500, fault));
      return async () => scene.answerRds(null);
    }
    const before = scene.answered(call.operation);
    scene.answerAws(call.operation, ANSWERS[fault] ?? awsError(500, fault));
    return async () => scene.answerAws(call.operation, before);
  };
}

function row(call: Call, fault: string, make: Fault['make']): Fault {
  const { what, promise, awsMs, isCold, breaksCheck, definition, also } = call;
  return {
    side: 'AWS',
    fault: `${what}: ${fault}`,
    promise,
    awsMs,
    make,
    ...(isCold && { isCold }),
    ...(breaksCheck && { breaksCheck }),
    ...(definition && { definition }),
    ...(also && { also }),
  };
}

/** CloudWatch fails as a whole: it neither answers queries nor accepts metrics. */
function gone(call: Call): Call {
  return call.operation === 'GetMetricData'
    ? { ...call, what: 'CloudWatch', awsMs: 3_000, also: ({ outputs }) => expectInLog(outputs) }
    : call;
}

/** Changes the password at the server, and in the secret too if the rotation is complete. */
const rotated =
  (isInSecret: boolean) =>
  async (scene: Scene): Promise<Lift> => {
    const before = scene.password;
    const next = 'MARKED-next-password';
    await scene.server.sql(`ALTER ROLE ${ROLE} PASSWORD ${escapeLiteral(next)}`);
    scene.password = isInSecret ? next : before;
    await scene.endSessions();
    return async () => {
      scene.password = next;
    };
  };

export const aws: readonly Fault[] = [
  ...CALLS.flatMap((call) => [
    ...Object.keys(ANSWERS).map((fault) => row(call, fault, answering(call, fault))),
    ...(['PutMetricData', 'ListMetrics'].includes(call.operation)
      ? []
      : [row(gone(call), 'the endpoint is gone', (scene) => scene.gates[call.service].refuse())]),
  ]),
  {
    side: 'AWS',
    fault: 'the password was rotated between two checks',
    promise: {
      status: 'healthy',
      codes: [],
      note: 'The password is read again after the refusal, within the same check.',
    },
    make: rotated(true),
  },
  {
    side: 'AWS',
    fault: 'the password was changed at the server, and not yet in the secret',
    promise: {
      status: 'unhealthy',
      codes: ['PROBE.AUTH'],
      note: 'The next check reads the secret again, at most once in 50 s.',
    },
    make: rotated(false),
  },
];

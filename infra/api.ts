import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  type HttpRoute,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ROUTES } from '../functions/contract/routes.js';

/**
 * Requests per second, and at once, for each route; more get 429. Every environment of the function holds a connection
 * to each pool, so that this bounds what the monitor itself takes from the database.
 */
export const THROTTLE = { rateLimit: 5, burstLimit: 5 };

export interface HealthApiProps {
  readonly handler: IFunction;
  readonly auth: 'none' | 'iam';
  readonly logRetention: RetentionDays;
}

/** The HTTP API in front of the function that answers. */
export class HealthApi extends Construct {
  readonly url: string;
  readonly #auth: 'none' | 'iam';
  readonly #routes: readonly HttpRoute[];

  constructor(scope: Construct, id: string, { handler, auth, logRetention }: HealthApiProps) {
    super(scope, id);
    this.#auth = auth;
    const api = new HttpApi(this, 'Api', { createDefaultStage: false });
    const integration = new HttpLambdaIntegration('Function', handler);
    const authorizer = auth === 'iam' ? new HttpIamAuthorizer() : new HttpNoneAuthorizer();
    this.#routes = Object.values(ROUTES).flatMap((key) => {
      const [, path] = key.split(' ') as [string, string];
      return api.addRoutes({ path, methods: [HttpMethod.GET], integration, authorizer });
    });
    const logGroup = new LogGroup(this, 'AccessLog', { retention: logRetention, removalPolicy: RemovalPolicy.DESTROY });
    const stage = new HttpStage(this, 'Stage', {
      httpApi: api,
      stageName: '$default',
      autoDeploy: true,
      throttle: THROTTLE,
      accessLogSettings: {
        destination: new LogGroupLogDestination(logGroup),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
      },
    });
    this.url = stage.url.replace(/\/$/, '');
    if (auth === 'none') {
      Validations.of(api).acknowledge({
        id: 'AwsSolutions-APIG4',
        reason:
          'Public on purpose, for load balancers and uptime checks: the answer names no host, user or query, is read-only and throttled. The setting "apiAuth": "iam" closes it.',
      });
    }
  }

  /**
   * Lets a principal call the routes.
   *
   * @throws when the API is public, so that a grant would promise a protection that is not there
   */
  grantInvoke(grantee: IGrantable): readonly Grant[] {
    if (this.#auth === 'none') {
      throw new Error('The API is public (apiAuth "none") and needs no grant; set apiAuth to "iam" to require one.');
    }
    return this.#routes.map((route) => route.grantInvoke(grantee));
  }
}

/** Which request, when, by whom, how it ended, and whose fault that was. */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  ip: '$context.identity.sourceIp',
  route: '$context.routeKey',
  path: '$context.path',
  status: '$context.status',
  latencyMs: '$context.responseLatency',
  integrationStatus: '$context.integrationStatus',
  error: '$context.error.message',
};

import { Names, RemovalPolicy, Validations } from 'aws-cdk-lib';
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
import { DETAILS_ROUTE, PAGE_ROUTES, ROUTES } from '../../functions/core/routes.js';

/**
 * Requests per second, and burst, for each route; more requests get 429. Each environment of the function holds one
 * connection to each pool. While a database does not respond, a request takes up to 5 s, so more environments run: the
 * CONNECTION LIMIT of the check's role and `reservedConcurrency` then limit the connections.
 */
export const THROTTLE = { rateLimit: 5, burstLimit: 5 };

/** The methods of every route. An HTTP API routes by method, so HEAD needs a route of its own. */
const METHODS = [HttpMethod.GET, HttpMethod.HEAD];

/**
 * API Gateway writes to a log group by an entry in a resource policy of CloudWatch Logs, which takes 5,120 characters for
 * all log groups. Where it is nearly full, CloudWatch Logs enables groups with names under `/aws/vendedlogs/` together.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html
 */
const ACCESS_LOG_PREFIX = '/aws/vendedlogs/apis/';

/** The fields of an access log entry. */
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

/** A function behind routes, and whether these routes are public or require signed requests. */
export interface Endpoint {
  readonly handler: IFunction;
  readonly auth: 'none' | 'iam';
}

export interface HealthApiProps {
  /** Answers `GET /health/pool` and `GET /health/pool/{pool}`. */
  readonly pool: Endpoint;
  /** Answers `GET /health/details`. */
  readonly details: Endpoint;
  /** Answers the page at `GET /health`, and `GET /health/history`. */
  readonly page: Endpoint;
  readonly logRetention: RetentionDays;
}

/** The HTTP API in front of the functions that answer. */
export class HealthApi extends Construct {
  readonly url: string;
  /** The same URL as one reference: a template may have 1 MB, and contains the URL twice for each alarm. */
  readonly endpoint: string;
  readonly #api: HttpApi;
  readonly #signedRoutes: HttpRoute[] = [];

  constructor(scope: Construct, id: string, { pool, details, page, logRetention }: HealthApiProps) {
    super(scope, id);
    this.#api = new HttpApi(this, 'Api', { createDefaultStage: false });
    this.#route('Function', pool, Object.values(ROUTES));
    this.#route('Details', details, [DETAILS_ROUTE]);
    this.#route('Page', page, Object.values(PAGE_ROUTES));
    const logGroup = new LogGroup(this, 'AccessLog', {
      // Contains the name of the stack, which is unique in its account and region.
      logGroupName: `${ACCESS_LOG_PREFIX}${Names.uniqueResourceName(this, { separator: '-', allowedSpecialCharacters: '-' })}`,
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const stage = new HttpStage(this, 'Stage', {
      httpApi: this.#api,
      stageName: '$default',
      autoDeploy: true,
      throttle: THROTTLE,
      accessLogSettings: {
        destination: new LogGroupLogDestination(logGroup),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
      },
    });
    this.url = stage.url.replace(/\/$/, '');
    this.endpoint = this.#api.apiEndpoint;
    if (pool.auth === 'none' || details.auth === 'none') {
      Validations.of(this.#api).acknowledge({
        id: 'AwsSolutions-APIG4',
        reason:
          'Public on purpose, for people and uptime monitors: the response names no host, user or query, is read-only and throttled. The settings "apiAuth" and "detailsAuth" require signed requests; details, which name users, require them by default.',
      });
    }
  }

  /**
   * Lets a principal call the routes that require a signature.
   *
   * @throws Error if all routes are public: a grant would suggest a protection that does not exist
   */
  grantInvoke(grantee: IGrantable): readonly Grant[] {
    if (this.#signedRoutes.length === 0) {
      throw new Error('The API is public (apiAuth and detailsAuth "none") and needs no grant; set one to "iam".');
    }
    return this.#signedRoutes.map((route) => route.grantInvoke(grantee));
  }

  #route(id: string, { handler, auth }: Endpoint, keys: readonly string[]): void {
    const integration = new HttpLambdaIntegration(id, handler);
    const authorizer = auth === 'iam' ? new HttpIamAuthorizer() : new HttpNoneAuthorizer();
    for (const key of keys) {
      const [, path] = key.split(' ') as [string, string];
      const routes = this.#api.addRoutes({ path, methods: METHODS, integration, authorizer });
      this.#signedRoutes.push(...(auth === 'iam' ? routes : []));
    }
  }
}

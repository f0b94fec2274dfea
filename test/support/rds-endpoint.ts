import type { IncomingMessage, ServerResponse } from 'node:http';
import { FakeService } from './fake-service.js';

export interface RdsCall {
  /** Such as `DescribeDBProxies`. */
  readonly action: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export type RdsAnswer = (response: ServerResponse, call: RdsCall) => void;

const XMLNS = 'xmlns="http://rds.amazonaws.com/doc/2014-10-31/"';

/**
 * The RDS API: an HTTP server that speaks its Query protocol. Its answers have the shape of those that
 * moto_server 5.2 gives and, for endpoints, which moto does not know, of the example in the AWS CLI's documentation.
 */
export class RdsEndpoint extends FakeService {
  readonly calls: RdsCall[] = [];
  readonly #answers = new Map<string, RdsAnswer>();

  static start(): Promise<RdsEndpoint> {
    return new RdsEndpoint().listen();
  }

  protected override respond(_request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const { Action: action = '', ...parameters } = Object.fromEntries(new URLSearchParams(body.toString()));
    const call = { action, parameters };
    this.calls.push(call);
    response.shouldKeepAlive = false;
    (this.#answers.get(action) ?? rdsError(400, 'InvalidAction'))(response, call);
  }

  answer(action: string, answer: RdsAnswer): void {
    this.#answers.set(action, answer);
  }

  /** From now on both questions about a proxy are answered in the same way. */
  answerBoth(answer: RdsAnswer): void {
    this.answer('DescribeDBProxies', answer);
    this.answer('DescribeDBProxyTargetGroups', answer);
  }

  /** Knows one proxy, `shop`, with its default settings but for the share of the connections. */
  knowShop(percent = 90): void {
    const only =
      (answer: RdsAnswer): RdsAnswer =>
      (response, call) =>
        (call.parameters.DBProxyName === 'shop' ? answer : NOT_FOUND)(response, call);
    this.answer('DescribeDBProxies', only(rdsAnswer('DBProxies', PROXY)));
    this.answer('DescribeDBProxyTargetGroups', only(rdsAnswer('TargetGroups', targetGroup(percent))));
  }
}

/** A list with one member, or none. */
export function rdsAnswer(list: string, member: string | null): RdsAnswer {
  return (response, { action }) => {
    const members = member === null ? '' : `<member>${member}</member>`;
    const result = `<${action}Result><${list}>${members}</${list}></${action}Result>`;
    const metadata = '<ResponseMetadata><RequestId>8f0a5f7c</RequestId></ResponseMetadata>';
    response.writeHead(200, { 'content-type': 'text/xml' });
    response.end(`<${action}Response ${XMLNS}>${result}${metadata}</${action}Response>`);
  };
}

export function rdsError(status: number, code: string, message = code): RdsAnswer {
  return (response) => {
    const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
    response.writeHead(status, { 'content-type': 'text/xml' });
    response.end(`<ErrorResponse ${XMLNS}>${error}<RequestId>8f0a5f7c</RequestId></ErrorResponse>`);
  };
}

export const NOT_FOUND = rdsError(404, 'DBProxyNotFoundFault');

const PROXY = `<DBProxyName>shop</DBProxyName>
<DBProxyArn>arn:aws:rds:eu-central-1:123456789012:db-proxy:prx-0123456789abcdef0</DBProxyArn>
<Status>available</Status><EngineFamily>POSTGRESQL</EngineFamily><VpcId>vpc-1286de77</VpcId>
<VpcSecurityGroupIds><member>sg-3a04c3a9</member></VpcSecurityGroupIds>
<VpcSubnetIds><member>subnet-0cb88561</member><member>subnet-73e51e5e</member></VpcSubnetIds>
<Auth><member><SecretArn>arn:aws:secretsmanager:eu-central-1:123456789012:secret:x</SecretArn></member></Auth>
<RoleArn>arn:aws:iam::123456789012:role/proxy</RoleArn>
<Endpoint>shop.proxy-btyp7z41o48o.eu-central-1.rds.amazonaws.com</Endpoint><RequireTLS>true</RequireTLS>
<IdleClientTimeout>1800</IdleClientTimeout><DebugLogging>false</DebugLogging>
<CreatedDate>2026-01-02T11:00:00.000Z</CreatedDate><UpdatedDate>2026-01-02T11:00:00.000Z</UpdatedDate>`;

function targetGroup(percent: number): string {
  return `<DBProxyName>shop</DBProxyName><TargetGroupName>default</TargetGroupName>
<TargetGroupArn>arn:aws:rds:eu-central-1:123456789012:target-group:prx-tg-0123456789abcdef0</TargetGroupArn>
<IsDefault>true</IsDefault><Status>available</Status><ConnectionPoolConfig>
<MaxConnectionsPercent>${percent}</MaxConnectionsPercent><MaxIdleConnectionsPercent>50</MaxIdleConnectionsPercent>
<ConnectionBorrowTimeout>120</ConnectionBorrowTimeout><SessionPinningFilters/></ConnectionPoolConfig>
<CreatedDate>2026-01-02T11:00:00.000Z</CreatedDate><UpdatedDate>2026-01-02T11:00:00.000Z</UpdatedDate>`;
}

/** An endpoint of `shop` beside its default one. */
export function otherEndpoint(name: string, role: 'READ_WRITE' | 'READ_ONLY'): string {
  return `<DBProxyEndpointName>${name}</DBProxyEndpointName>
<DBProxyEndpointArn>arn:aws:rds:eu-central-1:123456789012:db-proxy-endpoint:prx-endpoint-0123</DBProxyEndpointArn>
<DBProxyName>shop</DBProxyName><Status>available</Status><VpcId>vpc-1286de77</VpcId>
<Endpoint>${name}.endpoint.proxy-btyp7z41o48o.eu-central-1.rds.amazonaws.com</Endpoint>
<CreatedDate>2026-01-02T11:00:00.000Z</CreatedDate><TargetRole>${role}</TargetRole><IsDefault>false</IsDefault>`;
}

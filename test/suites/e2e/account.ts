import {
  CloudWatchClient,
  GetMetricDataCommand,
  PutCompositeAlarmCommand,
  type PutCompositeAlarmInput,
  paginateDescribeAlarms,
} from '@aws-sdk/client-cloudwatch';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { type MetricName, POOL_DIMENSION } from '../../../functions/core/metrics.js';
import { DEFAULT_NAMESPACE } from '../../../functions/core/namespace.js';
import type { PoolDefinition } from '../../../functions/core/pool-config.js';
import type { Emulator } from './emulator.js';

/** The emulated account, with the credentials of its owner. */
export class Account {
  readonly #url: string;
  readonly #cloudWatch: CloudWatchClient;
  readonly #secrets: SecretsManagerClient;
  readonly #ssm: SSMClient;

  constructor({ url, region, credentials }: Emulator) {
    const options = { endpoint: url, region, credentials };
    this.#url = url;
    this.#cloudWatch = new CloudWatchClient(options);
    this.#secrets = new SecretsManagerClient(options);
    this.#ssm = new SSMClient(options);
  }

  /** Returns its ARN. */
  async createSecret(name: string, text: string): Promise<string> {
    const { ARN = '' } = await this.#secrets.send(new CreateSecretCommand({ Name: name, SecretString: text }));
    return ARN;
  }

  async definition(parameter: string): Promise<PoolDefinition> {
    const { Parameter } = await this.#ssm.send(new GetParameterCommand({ Name: parameter }));
    return JSON.parse(Parameter?.Value ?? '');
  }

  async putDefinition(parameter: string, definition: PoolDefinition): Promise<void> {
    const text = JSON.stringify(definition);
    await this.#ssm.send(new PutParameterCommand({ Name: parameter, Value: text, Overwrite: true }));
  }

  /** The values of a pool's metric of the last quarter of an hour, one a minute that has any, oldest first. */
  async values(pool: string, name: MetricName, Stat: 'Average' | 'SampleCount' = 'Average'): Promise<number[]> {
    const Dimensions = [{ Name: POOL_DIMENSION, Value: pool }];
    const Metric = { Namespace: DEFAULT_NAMESPACE, MetricName: name, Dimensions };
    const answer = await this.#cloudWatch.send(
      new GetMetricDataCommand({
        StartTime: new Date(Date.now() - 900_000),
        EndTime: new Date(Date.now() + 60_000),
        ScanBy: 'TimestampAscending',
        MetricDataQueries: [{ Id: 'values', MetricStat: { Metric, Period: 60, Stat } }],
      }),
    );
    return answer.MetricDataResults?.[0]?.Values ?? [];
  }

  async alarmStates(): Promise<Readonly<Record<string, string>>> {
    const states: Record<string, string> = {};
    const pages = paginateDescribeAlarms(
      { client: this.#cloudWatch },
      { AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] },
    );
    for await (const { MetricAlarms = [], CompositeAlarms = [] } of pages) {
      for (const { AlarmName = '', StateValue = '' } of [...MetricAlarms, ...CompositeAlarms]) {
        states[AlarmName] = StateValue;
      }
    }
    return states;
  }

  async putCompositeAlarm(alarm: PutCompositeAlarmInput): Promise<void> {
    await this.#cloudWatch.send(new PutCompositeAlarmCommand(alarm));
  }

  /** The messages of a topic in the queue that subscribes to it: `<alarm> is <state>`, oldest first. */
  async notices(queueUrl: string): Promise<string[]> {
    // The emulator's own view of queues, to do without an SQS client.
    const query = new URLSearchParams({ QueueUrl: queueUrl });
    const answer = await fetch(`${this.#url}/_ministack/sqs/messages?${query}`);
    const { messages } = (await answer.json()) as { messages: Inspected };
    const bodies = Object.values(messages).flatMap((regions) =>
      Object.values(regions).flatMap((queues) => queues[queueUrl]?.map(({ Body }) => Body) ?? []),
    );
    return bodies.map((body) => {
      const { AlarmName, NewStateValue } = JSON.parse(JSON.parse(body).Message);
      return `${AlarmName} is ${NewStateValue}`;
    });
  }
}

/** By account, region and queue. */
type Inspected = Readonly<
  Record<string, Readonly<Record<string, Readonly<Record<string, readonly { Body: string }[]>>>>>
>;

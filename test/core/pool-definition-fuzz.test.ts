import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ssmClient } from '../../functions/aws/clients/ssm.js';
import { jsonLog } from '../../functions/aws/logger.js';
import { ParameterStore } from '../../functions/aws/parameter-store.js';
import type { Datapoints } from '../../functions/core/metrics.js';
import { problem } from '../../functions/core/problems.js';
import { ROUTES } from '../../functions/core/routes.js';
import { checkHandler } from '../../functions/handlers/check.js';
import { poolHandler } from '../../functions/handlers/pool.js';
import { Monitor, type Probes } from '../../functions/monitor/monitor.js';
import { readAnswer } from '../suites/faults/shape.js';
import { mutatedDefinition, validDefinition } from '../support/arbitraries.js';
import { AwsEndpoint, awsAnswer, lambdaEnvironment } from '../support/aws-endpoint.js';
import { getEvent } from '../support/events.js';

let endpoint: AwsEndpoint;
beforeEach(async () => {
  endpoint = await AwsEndpoint.start();
  lambdaEnvironment(endpoint.url);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await endpoint.close();
});

/** What is accepted would be connected to, wherever it leads: here nobody is. */
const NOBODY: Probes = {
  database: {
    probe: async () => ({ database: null, isDirect: null, problems: [problem('PROBE.UNREACHABLE')] }),
    sessionGroups: async () => ({ holders: null, omitted: null, transactions: null, problems: [] }),
    close: async () => undefined,
  },
  pooler: { probe: async () => ({ managed: null, app: null, problems: [] }), close: async () => undefined },
};

const asText = (value: unknown) => JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? 0 : inner)) ?? '';
const text = fc.oneof(
  fc.string(),
  fc.json(),
  validDefinition.map(asText),
  mutatedDefinition.map(asText),
  fc.anything().map(asText),
);
const name = fc.oneof(fc.stringMatching(/^[a-z]{1,8}$/), fc.string({ minLength: 1 }), fc.constant('__proto__'));

test('whatever SSM holds, every pool is answered and published, and a second reading changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.tuple(name, text), { selector: ([pool]) => pool, maxLength: 4 }),
      async (pools) => {
        const Parameters = pools.map(([pool, Value]) => ({ Name: `/pool-health/${pool}`, Value }));
        endpoint.answer('GetParametersByPath', awsAnswer({ Parameters }));
        const lines: string[] = [];
        const log = jsonLog((line) => lines.push(line));
        const client = ssmClient();
        const monitor = new Monitor(new ParameterStore({ client, prefix: '/pool-health', log }), () => NOBODY);
        const published: Datapoints[] = [];
        const publish = async (metrics: readonly Datapoints[]) => {
          published.push(...metrics);
          return [];
        };
        const check = checkHandler({ monitor, publish, log });
        const isUnnamed = pools.some(([pool]) => pool.split('/').at(-1) === '');
        for (const _ of ['first', 'second']) {
          published.length = 0;
          if (isUnnamed) {
            await expect(check()).rejects.toThrow('AWS.SSM');
          } else {
            await check();
            expect(published.map(({ values }) => values.Healthy)).toEqual(published.map(() => 0));
            expect(published.length).toBeGreaterThan(0);
          }
          const { report } = readAnswer(await poolHandler({ monitor })(getEvent(ROUTES.worstPool)));
          expect(report?.status).toBe('unhealthy');
        }
        for (const line of lines) {
          expect(JSON.parse(line)).toMatchObject({ timestamp: expect.any(String), message: expect.any(String) });
          expect(line.length).toBeLessThan(50_000);
        }
        client.destroy();
      },
    ),
    { numRuns: 150 },
  );
});

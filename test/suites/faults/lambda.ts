import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { awsError } from '../../support/aws-endpoint.js';
import { backendsOf } from '../../support/backends.js';
import { until } from '../../support/until.js';
import { clock } from './clock.js';
import { LambdaProcess } from './lambda-process.js';
import type { Fault, Lift, Scenario } from './row.js';
import { DATABASE, ROLE, type Scene } from './scene.js';

const MINUTE_MS = 60_000;
/** A role that logs in with a token, as `rds_iam` does, and one whose statements the server never ends. */
const IAM_ROLE = `${ROLE}_iam`;
const BARE_ROLE = `${ROLE}_bare`;
const DEADLINE_MS = 5_000 + 1_500;
const CLOCK_STEPS_MS = [-8_000, -60 * MINUTE_MS, 60 * MINUTE_MS];

/** The roles of this side, and the way in which the first one logs in: its password goes as it is, as a token does. */
export async function prepare({ server }: Scene): Promise<void> {
  await server.createRole(IAM_ROLE, 'IN ROLE pg_monitor');
  await server.createRole(BARE_ROLE, 'IN ROLE pg_monitor');
  await server.sql(`ALTER ROLE ${BARE_ROLE} PASSWORD 'MARKED-password'`);
  const file = join(server.postgres.directory, 'data', 'pg_hba.conf');
  writeFileSync(file, `host all ${IAM_ROLE} 127.0.0.1/32 password\n${readFileSync(file, 'utf8')}`);
  await server.sql('SELECT pg_reload_conf()');
}

/** Accepts tokens as passwords as RDS does: 15 minutes from their date, for the port and user in them. */
async function takeTokens(scene: Scene): Promise<Lift> {
  const { relay, server, port } = scene;
  relay.toServer.filter = ({ type, bytes }) => {
    if (type !== 'p') {
      return bytes;
    }
    const url = new URL(`https://${bytes.toString('utf8', 5, bytes.length - 1)}`);
    const date = `${url.searchParams.get('X-Amz-Date')}`.replace(/^(....)(..)(.....)(..)(..Z)$/, '$1-$2-$3:$4:$5');
    const age = Date.now() - Date.parse(date);
    const isFor = url.port === `${port}` && url.searchParams.get('DBUser') === IAM_ROLE;
    const isValid = isFor && age < Number(url.searchParams.get('X-Amz-Expires')) * 1_000;
    const password = Buffer.from(`p\0\0\0\0${isValid ? server.postgres.password : 'no token'}\0`);
    password.writeInt32BE(password.length - 1, 1);
    return password;
  };
  return async () => {
    relay.toServer.filter = ({ bytes }) => bytes;
  };
}

const lambdaFaults: readonly Fault[] = [
  {
    side: 'Lambda',
    fault: 'the IAM token has expired between two checks, and the connection is gone',
    promise: { status: 'healthy', codes: [], note: 'A new token is signed after 10 of its 15 minutes.' },
    definition: { user: IAM_ROLE, auth: { type: 'iam' } },
    before: takeTokens,
    make: async (scene) => {
      await scene.endSessions();
      clock.skip(16 * MINUTE_MS);
      return async () => undefined;
    },
    // Two of each function: an old token would have been refused first.
    also: ({ relay }) => expect(relay.sessions).toBe(4),
  },
  {
    side: 'Lambda',
    fault: 'the time-out of the function is near: SSM, the database and CloudWatch give no answer at once',
    promise: {
      status: 'unhealthy',
      codes: ['AWS.SSM', 'PROBE.TIMEOUT', 'MANAGED.UNAVAILABLE'],
      note: 'At most 5 + 5 + 3 s of the 30 s that the check has, 10 of the 15 s of a GET.',
    },
    awsMs: 8_000,
    make: async (scene) => {
      const calls = ['GetParametersByPath', 'PutMetricData', 'GetMetricData'] as const;
      const before = calls.map((call) => [call, scene.answered(call)] as const);
      for (const call of calls) {
        scene.answerAws(call, () => undefined);
      }
      scene.relay.toClient.pause();
      return async () => {
        for (const [call, answer] of before) {
          scene.answerAws(call, answer);
        }
        scene.relay.toClient.resume();
      };
    },
  },
];

/** Runs work with an environment of the deployed check. */
async function inLambda(scene: Scene, work: (lambda: LambdaProcess) => Promise<void>): Promise<void> {
  // The bundle runs in another process, which does not know the host names of this one.
  scene.define({ endpoint: '127.0.0.1' });
  const lambda = LambdaProcess.start({ ...process.env, ...scene.variables() }, scene.outputs);
  try {
    await work(lambda);
  } finally {
    await lambda.end();
    scene.relay.endForgotten();
  }
}

const scenarios: readonly Scenario[] = [
  {
    side: 'Lambda',
    fault: 'frozen, and thawed an hour later with a dead socket',
    promise: 'healthy within the deadline: after 90 s a connection is not even tried',
    run: (scene) =>
      inLambda(scene, async (lambda) => {
        expect((await lambda.check()).statuses).toEqual(['healthy']);
        lambda.freeze();
        scene.relay.forget();
        await pause(500);
        lambda.thaw();
        await lambda.skip(60 * MINUTE_MS);
        const { tookMs, statuses } = await lambda.check();
        const { statements, sessions, lost } = scene.relay;
        expect({ statuses, statements, sessions, lost }).toEqual({
          statuses: ['healthy'],
          // Each sample, and the facts of the server with it.
          statements: 4,
          sessions: 2,
          lost: 0,
        });
        expect(tookMs).toBeLessThan(DEADLINE_MS);
      }),
  },
  {
    side: 'Lambda',
    fault: 'frozen in the middle of a check, and thawed when all its deadlines are over',
    promise: 'it answers at once, and the next check is healthy',
    run: (scene) =>
      inLambda(scene, async (lambda) => {
        expect((await lambda.check()).statuses).toEqual(['healthy']);
        scene.relay.toClient.pause();
        const running = lambda.check();
        // The first check sent its sample and the facts of the server.
        await until('the statement is on its way', () => scene.relay.statements === 3);
        lambda.freeze();
        scene.relay.forget();
        scene.relay.toClient.resume();
        await pause(6_000);
        lambda.thaw();
        expect((await running).tookMs).toBeLessThan(DEADLINE_MS);
        await lambda.skip(MINUTE_MS);
        expect((await lambda.check()).statuses).toEqual(['healthy']);
      }),
  },
  {
    side: 'Lambda',
    fault: 'stopped for longer than all deadlines, while the answer of the server comes in',
    promise: 'healthy: what lies in the socket is read before a deadline counts',
    run: (scene) =>
      inLambda(scene, async (lambda) => {
        expect((await lambda.check()).statuses).toEqual(['healthy']);
        scene.relay.toClient.pause();
        const running = lambda.check();
        await until('the statement is on its way', () => scene.relay.statements === 3);
        lambda.freeze();
        scene.relay.toClient.resume();
        await pause(6_000);
        lambda.thaw();
        const { statuses, codes } = await running;
        const { sessions, lost } = scene.relay;
        expect({ statuses, codes, sessions, lost }).toEqual({ statuses: ['healthy'], codes: [], sessions: 1, lost: 0 });
      }),
  },
  {
    side: 'Lambda',
    fault: 'two invocations overlap, in two environments',
    promise: 'both answer, with one connection each',
    run: (scene) =>
      inLambda(scene, (one) =>
        inLambda(scene, async (other) => {
          const both = await Promise.all([one.check(), other.check()]);
          expect(both.map(({ statuses }) => statuses)).toEqual([['healthy'], ['healthy']]);
          expect([scene.relay.sessions, scene.relay.mostAtOnce]).toEqual([2, 2]);
        }),
      ),
  },
  {
    side: 'Lambda',
    fault: 'two invocations overlap, in one environment',
    promise: 'they share one connection, one sample and one read of the facts of the server',
    run: (scene) =>
      inLambda(scene, async (lambda) => {
        await Promise.all([lambda.check(), lambda.check()]);
        expect([scene.relay.sessions, scene.relay.statements]).toEqual([1, 2]);
      }),
  },
  {
    side: 'Lambda',
    fault: 'a thousand checks in one environment, a tenth of them with a broken connection or a failing service',
    promise: 'no more memory or handles than after the first 200',
    run: (scene) =>
      inLambda(scene, async (lambda) => {
        const good = scene.answered('PutMetricData');
        const cycle = async (from: number, to: number) => {
          for (let index = from; index < to; index += 1) {
            if (index % 20 === 0) {
              scene.relay.cut();
            }
            scene.answerAws('PutMetricData', index % 20 === 10 ? awsError(400, 'AccessDeniedException') : good);
            await lambda.check();
            scene.forget();
          }
          return await lambda.state();
        };
        const early = await cycle(0, 200);
        const late = await cycle(200, 1_000);
        expect(late.heapMb - early.heapMb).toBeLessThan(3);
        expect(late.handles).toBeLessThanOrEqual(early.handles);
      }),
  },
  {
    side: 'Lambda',
    fault: 'the wall clock is set back by 8 s or an hour, or forward by an hour, while PostgreSQL is stopped',
    promise: 'the next check and GET are unhealthy, and healthy again after the outage',
    run: async (scene) => {
      const deployment = await scene.deploy();
      const statuses = async () => {
        const { check, get } = await deployment.checkAndGet();
        return [check?.status, get.report.status];
      };
      for (const stepMs of CLOCK_STEPS_MS) {
        expect([stepMs, ...(await statuses())]).toEqual([stepMs, 'healthy', 'healthy']);
        await scene.server.postgres.stop();
        clock.skip(10_000);
        clock.step(stepMs);
        expect([stepMs, ...(await statuses())]).toEqual([stepMs, 'unhealthy', 'unhealthy']);
        await scene.server.postgres.start();
        clock.skip(MINUTE_MS);
      }
      expect(await statuses()).toEqual(['healthy', 'healthy']);
      await deployment.close();
    },
  },
  {
    side: 'Lambda',
    fault: 'the catalog locked for a minute, with a check every second',
    promise: 'every check answers in time, and the server never has more than one backend of the check',
    run: async (scene) => {
      scene.define({ user: BARE_ROLE });
      const deployment = await scene.deploy();
      await deployment.check();
      const pid = scene.server.postgres.pid ?? 0;
      const locker = await scene.server.connect({ database: DATABASE });
      await locker.query('BEGIN; LOCK TABLE pg_catalog.pg_database IN ACCESS EXCLUSIVE MODE');
      const checks: Promise<{ tookMs: number; code: string | undefined }>[] = [];
      let mostBackends = 0;
      for (let second = 0; second < 60; second += 1) {
        const startedAt = Date.now();
        checks.push(
          deployment.check().then((assessments) => ({
            tookMs: Date.now() - startedAt,
            code: assessments?.[0]?.verdict.problems[0]?.code,
          })),
        );
        for (let tenth = 0; tenth < 10; tenth += 1) {
          mostBackends = Math.max(mostBackends, backendsOf(pid, BARE_ROLE).length);
          await pause(100);
        }
      }
      const answers = await Promise.all(checks);
      expect(answers.map(({ code }) => code)).toEqual(answers.map(() => 'PROBE.TIMEOUT'));
      expect(Math.max(...answers.map(({ tookMs }) => tookMs))).toBeLessThan(DEADLINE_MS);
      expect(mostBackends).toBe(1);
      await locker.end();
      const [assessment] = (await deployment.check()) ?? [];
      expect(assessment?.verdict.status).toBe('healthy');
      await deployment.close();
    },
  },
];

export const lambda = { faults: lambdaFaults, scenarios };

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PoolConfig } from '../../../functions/core/pool-config.js';
import type { PostgresProbe } from '../../../functions/postgres/probe.js';
import { standBy } from '../../suites/faults/standby.js';
import { onTurns, skip } from '../../support/clock.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { CHECK_ROLE, configFor, probeFor } from '../../support/probe.js';
import { until } from '../../support/until.js';

onTurns();

const MINUTE_MS = 60_000;

let server: TestServer;
let isStandby = false;
beforeAll(async () => {
  server = await startTestServer();
  await server.createCheckRole(CHECK_ROLE);
});
beforeEach(() => become('primary'));
afterAll(() => server?.close());

/** Restarts the server in this role. */
async function become(role: 'primary' | 'standby'): Promise<void> {
  if (isStandby === (role === 'standby')) {
    return;
  }
  await server.postgres.stop();
  if (role === 'standby') {
    endStandby = standBy(server.postgres);
  } else {
    endStandby();
  }
  await server.postgres.start();
  isStandby = role === 'standby';
}
let endStandby: () => void = () => undefined;

async function probing(changes: Partial<PoolConfig>, work: (probe: PostgresProbe) => Promise<void>): Promise<void> {
  const probe = probeFor(server, configFor(server, changes));
  try {
    await work(probe);
  } finally {
    await probe.close();
  }
}

/** Codes of the problems, and the role that was seen. */
async function seen(probe: PostgresProbe): Promise<readonly unknown[]> {
  const { database, problems } = await probe.probe();
  return [database?.role, ...problems.map(({ code, values }) => [code, values])];
}

describe('a server of another role', () => {
  test('is an error with its counts when a primary comes back as a standby', () =>
    probing({}, async (probe) => {
      expect(await seen(probe)).toEqual(['primary']);
      await become('standby');
      const values = { expected: 'primary', seen: 'standby', basis: 'first seen' };
      expect(await seen(probe)).toEqual(['standby', ['DATABASE.ROLE', values]]);
      expect((await probe.probe()).database?.connections?.total).toEqual(expect.any(Number));
      await become('primary');
      expect(await seen(probe)).toEqual(['primary']);
    }));

  test('is an error when a standby is promoted under the open connection', async () => {
    await become('standby');
    await probing({}, async (probe) => {
      expect(await seen(probe)).toEqual(['standby']);
      await server.sql('SELECT pg_promote()');
      isStandby = false;
      const values = { expected: 'standby', seen: 'primary', basis: 'first seen' };
      await until('the check sees a primary', async () => (await seen(probe))[0] === 'primary');
      expect(await seen(probe)).toEqual(['primary', ['DATABASE.ROLE', values]]);
    });
  });

  test('is an error in the first check when the definition says so', async () => {
    await become('standby');
    await probing({ role: 'primary' }, async (probe) => {
      const values = { expected: 'primary', seen: 'standby', basis: 'definition' };
      expect(await seen(probe)).toEqual(['standby', ['DATABASE.ROLE', values]]);
    });
  });

  test('is no error when the definition accepts any', () =>
    probing({ role: 'any' }, async (probe) => {
      expect(await seen(probe)).toEqual(['primary']);
      await become('standby');
      expect(await seen(probe)).toEqual(['standby']);
    }));
});

test('a reader that stays a reader is healthy, also after the login of every fifth minute', async () => {
  await become('standby');
  await probing({}, async (probe) => {
    for (let minute = 0; minute < 12; minute += 1) {
      expect(await seen(probe)).toEqual(['standby']);
      skip(MINUTE_MS);
    }
  });
});

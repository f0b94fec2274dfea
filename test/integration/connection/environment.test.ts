import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { fixedPassword } from '../../../functions/connection/credentials.js';
import { PrismaRoundTrip } from '../../../functions/round-trip/prisma-round-trip.js';
import { runHere } from '../../support/cli.js';
import { LIBPQ_VARIABLES } from '../../support/libpq-variables.js';
import { configFor } from '../../support/probe.js';
import { ROLE, Wire } from '../../support/wire.js';

let wire: Wire;
beforeAll(async () => {
  wire = await Wire.start();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await wire.renew();
});
afterAll(() => wire?.close());

function setAll(): void {
  for (const [name, value] of Object.entries({ ...LIBPQ_VARIABLES, PGPASSWORD: 'wrong' })) {
    vi.stubEnv(name, value);
  }
}

/** The first packet of every login while something runs. */
async function startupPackets(run: () => Promise<unknown>): Promise<readonly string[]> {
  const packets: string[] = [];
  wire.relay.toServer.filter = ({ type, bytes }) => {
    if (type === '') {
      packets.push(bytes.toString('latin1'));
    }
    return bytes;
  };
  await run();
  expect(packets.length).toBeGreaterThan(0);
  return packets;
}

const LOGINS: readonly (readonly [string, () => Promise<unknown>])[] = [
  [
    'the check',
    async () => {
      expect(await wire.problemsOf(wire.probe())).toEqual([]);
    },
  ],
  [
    'the round trip of details',
    async () => {
      const login = { credentials: fixedPassword(wire.server.postgres.password), caFile: null };
      const trip = new PrismaRoundTrip(configFor(wire.server, { port: wire.relay.port, user: ROLE }), login);
      expect((await trip.measure()).problems).toEqual([]);
      await trip.close();
    },
  ],
  [
    'pool-health setup --run',
    async () => {
      const url = wire.server.postgres.url().replace(/:\d+\//, `:${wire.relay.port}/`);
      expect(await runHere(['setup', '--run', '--user', 'made', '--url', url])).toMatchObject({ code: 0, err: '' });
    },
  ],
];

test.each(LOGINS)('%s sends the same login whatever the variables of libpq are', async (_, login) => {
  const before = await startupPackets(login);
  setAll();
  expect(await startupPackets(login)).toEqual(before);
  expect(before.join()).not.toMatch(/options|replication|timeout|wrong/);
});

test('a check without a password does not read PGPASSWORD', async () => {
  setAll();
  vi.stubEnv('PGPASSWORD', wire.server.postgres.password);
  expect(await wire.codes(wire.probe({ credentials: fixedPassword(undefined) }))).toEqual(['PROBE.AUTH']);
});

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { onTurns, skip } from '../../support/clock.js';
import { Scene } from './scene.js';

onTurns();

const MINUTE_MS = 60_000;
/** The check after these minutes logs in again. */
const MINUTES_TO_LOGIN = 5;

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.start();
});
afterEach(() => scene.clear());
afterAll(() => scene?.server.close());

describe('the login of every fifth minute through a PgBouncer', () => {
  test.each(['session', 'transaction', 'statement'])(
    'needs no second server connection, and no problem is reported (pool_mode %s)',
    async (mode) => {
      await scene.pool({ pool_mode: mode, default_pool_size: '1' });
      const check = scene.check();
      for (let minute = 0; minute <= 2 * MINUTES_TO_LOGIN; minute += 1) {
        const { codes, sample } = await check();
        expect([sample.database === null, codes.filter((code) => code !== 'POOL.EXCEEDS_CEILING')]).toEqual([
          false,
          [],
        ]);
        skip(MINUTE_MS);
      }
    },
  );

  test('is MANAGED.FULL with the counts of the open connection while the PgBouncer takes no more clients', async () => {
    const pooler = await scene.pool({ pool_mode: 'transaction' });
    const check = scene.check();
    const answers: (readonly [string, boolean])[] = [];
    for (let minute = 0; minute <= MINUTES_TO_LOGIN; minute += 1) {
      if (minute === MINUTES_TO_LOGIN) {
        await pooler.command('SET max_client_conn = 1');
      }
      const { codes, sample } = await check();
      answers.push([codes.join(), sample.database !== null]);
      skip(MINUTE_MS);
    }
    expect(answers.at(-2)).toEqual(['', true]);
    expect(answers.at(-1)).toEqual(['MANAGED.FULL', true]);
  });
});

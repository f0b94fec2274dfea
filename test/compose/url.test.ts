import { expect, test } from 'vitest';
import { urlSource } from '../../functions/compose/url.js';

const DATABASE_URL = 'postgres://app@localhost:5432/shop';

test.each([
  [undefined, true],
  ['true', true],
  ['false', false],
])('POOL_HEALTH_SHARED_USER %s: the user of the URL is the application’s: %s', async (text, sharedUser) => {
  const environment = { DATABASE_URL, ...(text !== undefined && { POOL_HEALTH_SHARED_USER: text }) };
  const [watched] = await urlSource(environment).pools(0);
  expect(watched?.config?.sharedUser).toBe(sharedUser);
});

test.each(['False', '0', ''])('POOL_HEALTH_SHARED_USER %j is not silently taken for something', async (text) => {
  const environment = { DATABASE_URL, DATABASE_POOL_MAX: '0', POOL_HEALTH_SHARED_USER: text };
  const [watched] = await urlSource(environment).pools(0);
  expect(watched?.config).toBeNull();
  expect(watched?.problems).toMatchObject([
    {
      code: 'CONFIG.INVALID',
      values: {
        violations: [
          `POOL_HEALTH_SHARED_USER must be true or false, received ${JSON.stringify(text)}`,
          expect.stringContaining('DATABASE_POOL_MAX'),
        ],
      },
    },
  ]);
});

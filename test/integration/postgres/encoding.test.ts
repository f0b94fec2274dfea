import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { CHECK_ROLE, configFor, probeFor } from '../../support/probe.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.createCheckRole(CHECK_ROLE);
  for (const encoding of ['LATIN1', 'SQL_ASCII']) {
    await server.createDatabase(encoding, `ENCODING '${encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'`);
  }
  await server.createRole('用户');
  await server.createRole('plain');
});
afterAll(() => server?.close());

async function problemsOf(database: string, users: readonly string[]) {
  const probe = probeFor(server, configFor(server, { database, count: { users, applications: null } }));
  const { problems } = await probe.probe();
  const groups = await probe.sessionGroups();
  await probe.close();
  expect(groups.problems).toEqual([]);
  return problems;
}

describe('a name in count that the encoding of the database does not have', () => {
  test('is one problem of the definition, not a failed statement', async () => {
    expect(await problemsOf('LATIN1', ['plain', '用户'])).toEqual([
      {
        code: 'CONFIG.COUNT_UNKNOWN',
        severity: 'error',
        values: { sqlstate: '22P05', reason: 'a name has no form in the encoding of the database' },
      },
    ]);
  });

  test.each([
    ['a database of UTF8 has every name', 'postgres', ['用户']],
    ['LATIN1 has plain names', 'LATIN1', ['plain']],
    ['LATIN1 has letters of Western Europe', 'LATIN1', ['plain', 'naïve']],
    ['SQL_ASCII takes the bytes as they are', 'SQL_ASCII', ['用户']],
  ])('stays silent when there is none: %s', async (_, database, users) => {
    expect(await problemsOf(database, users)).toEqual([]);
  });
});

import { escapeIdentifier } from 'pg';
import { LOCAL_ENVIRONMENT } from '../../../functions/core/environment.js';
import type { Fault, Lift, Promised } from './row.js';
import { POOL, type Scene } from './scene.js';

const KEPT: Promised = {
  status: 'healthy',
  codes: ['CONFIG.INVALID'],
  note: 'The last good definition stays in force; the log lists up to 20 mistakes.',
};
const NONE: Promised = { status: 'unhealthy', codes: ['CONFIG.INVALID'] };
const ACCEPTED: Promised = { status: 'healthy', codes: [] };

const changed =
  (text: (good: Record<string, unknown>) => string): Fault['make'] =>
  async (scene) => {
    scene.definitions.set(POOL, text(JSON.parse(scene.definitions.get(POOL) ?? '')));
    return async () => scene.define();
  };

const merged = (more: object) => (good: object) => JSON.stringify({ ...good, ...more });

/** Texts that are no definition of a pool. */
const BROKEN: readonly (readonly [string, (good: Record<string, unknown>) => string])[] = [
  ['not JSON', () => '{"endpoint": "marked.example.com", "password": "MARKED'],
  ['empty', () => ''],
  ['a list', () => '["marked"]'],
  [
    'wrong types everywhere',
    (good) => JSON.stringify(Object.fromEntries(Object.keys(good).map((key) => [key, ['marked']]))),
  ],
  ['1 MB of text', () => `"${'x'.repeat(1_000_000)}"`],
  [
    '100,000 unknown keys',
    (good) => merged(Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`k${n}`, 1])))(good),
  ],
  ['lists 100,000 deep', () => `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  [
    'objects 100,000 deep under a known key',
    (good) => JSON.stringify(good).replace('{', `{"count":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)},`),
  ],
  ['unknown keys', merged({ pasword: 'MARKED' })],
  [
    'keys that pollute prototypes',
    (good) => JSON.stringify(good).replace('{', '{"__proto__":{"tls":"off"},"constructor":{"prototype":{}},'),
  ],
  ['a host with its port and a password', merged({ endpoint: 'postgres://u:MARKED@marked.example.com:5432/db' })],
  ['a name that reads from right to left', merged({ count: { users: ['\u202Eevil'] } })],
  ['names of applications outside ASCII', merged({ count: { applications: ['naïve 🚰'] } })],
  ['numbers as texts', merged({ port: '5432', pool: { max: '20' }, instances: '1' })],
  ['numbers out of range', merged({ port: 0, pool: { max: 0, idleTimeout: 1e300 }, instances: -1 })],
];

const ODD_ROLES = ['用户', `o'brien"; DROP`];

/** Unusual but valid definitions. */
const ODD: readonly (readonly [string, (good: Record<string, unknown>) => string, Promised])[] = [
  [
    'just below 4 KB, with 40 names that no role has',
    (good) =>
      padded(merged({ count: { users: Array.from({ length: 40 }, (_, n) => `user ${n} ${'u'.repeat(50)}`) } })(good)),
    {
      status: 'unhealthy',
      codes: ['CONFIG.COUNT_UNKNOWN'],
      hasCounts: true,
      note: 'Nothing is counted, so 0 % would say nothing.',
    },
  ],
  ['unicode and quotes in names of roles that exist', merged({ count: { users: ODD_ROLES } }), ACCEPTED],
];

async function rolesExist({ server }: Scene): Promise<Lift> {
  const names = ODD_ROLES.map((name) => escapeIdentifier(name));
  await server.sql(names.map((name) => `CREATE ROLE ${name}`).join(';'));
  return () => server.sql(`DROP ROLE ${names.join()}`);
}

function padded(text: string): string {
  return text.padEnd(4_096, ' ');
}

const definitions: readonly Fault[] = [
  ...BROKEN.flatMap(([what, text]): Fault[] => [
    { side: 'input', fault: `a definition: ${what}`, promise: KEPT, make: changed(text) },
  ]),
  ...BROKEN.slice(0, 2).map(
    ([what, text]): Fault => ({
      side: 'input',
      fault: `a definition that never was good: ${what}`,
      promise: NONE,
      make: changed(text),
      isCold: true,
    }),
  ),
  ...ODD.map(
    ([what, text, promise]): Fault => ({
      side: 'input',
      fault: `a definition: ${what}`,
      promise,
      before: rolesExist,
      make: changed(text),
    }),
  ),
  {
    side: 'TLS',
    fault: 'a definition that says nothing of TLS, and a server without it',
    promise: { status: 'unhealthy', codes: ['PROBE.TLS'], note: 'Verified is the default; `off` has to be written.' },
    make: async (scene) => {
      const good = JSON.parse(scene.definitions.get(POOL) ?? '');
      // Not through the relay, which only understands unencrypted messages.
      const { port } = scene.server.postgres;
      scene.definitions.set(POOL, JSON.stringify({ ...good, tls: undefined, port }));
      return async () => scene.define();
    },
  },
  {
    side: 'input',
    fault: 'no definition at all',
    promise: {
      status: 'unhealthy',
      codes: ['CONFIG.MISSING'],
      note: 'A deployment without a pool is not healthy.',
    },
    isCold: true,
    make: async (scene: Scene) => {
      scene.definitions.clear();
      return async () => scene.define();
    },
  },
];

const NUMBERS = Object.keys(LOCAL_ENVIRONMENT).filter((name) => name.startsWith('DATABASE_POOL_'));
const MALFORMED = [
  '',
  ' ',
  '12abc',
  '1.5',
  '1e9',
  ' 20 ',
  '0',
  '-1',
  '+5',
  '0x10',
  '1_000',
  'NaN',
  'Infinity',
  '٣',
  '99999999999999999999',
];

/** What `npm start` and applications read; the deployed functions read none of it. */
const environment: readonly Fault[] = [
  ...MALFORMED.map(
    (text): Fault => ({
      side: 'input',
      fault: `a number in the environment: ${JSON.stringify(text)}`,
      promise: NONE,
      isCold: true,
      endsWithStart: true,
      make: async (scene) => {
        const all = (value?: string) => Object.fromEntries(NUMBERS.map((name) => [name, value]));
        scene.environment = all(text);
        return async () => {
          scene.environment = all();
        };
      },
    }),
  ),
  {
    side: 'input',
    fault: 'DATABASE_URL is none',
    promise: NONE,
    isCold: true,
    endsWithStart: true,
    make: async (scene) => {
      scene.environment = { DATABASE_URL: 'MARKED-password@marked.example.com' };
      return async () => {
        scene.environment = {};
      };
    },
  },
];

export const input = { definitions, environment };

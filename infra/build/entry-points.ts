/**
 * The files that esbuild starts from, as paths from the root of pool-health. Apart from `functions/core`, `infra/` uses the
 * code of `functions/` through these paths only.
 */

/** The functions that are deployed, and the file that each bundle starts from. */
export const HANDLER_ENTRY_POINTS = {
  check: 'functions/lambda/check.ts',
  pool: 'functions/lambda/pool.ts',
  details: 'functions/lambda/details.ts',
  page: 'functions/lambda/page.ts',
} as const;

export type Handler = keyof typeof HANDLER_ENTRY_POINTS;

export const HANDLERS = Object.keys(HANDLER_ENTRY_POINTS) as readonly Handler[];

/** What users import, `pool-health` and `pool-health/app`, and the command `pool-health`. */
export const CONSTRUCT_ENTRY_POINT = 'infra/index.ts';
export const APP_ENTRY_POINT = 'functions/app/index.ts';
export const CLI_ENTRY_POINT = 'functions/cli/main.ts';

/** Modules that a handler loads only when its `import()` is reached, by the name of the file next to `index.js`. */
export const LAZY_ENTRY_POINTS = {
  rds: 'functions/aws/clients/rds.ts',
  'rds-certificates': 'functions/connection/rds-certificates.ts',
  'credential-chain': 'functions/aws/credential-chain.ts',
} as const;

/** What replaces the credential chain of the AWS SDK in a bundle. */
export const LAMBDA_CREDENTIALS = 'functions/aws/lambda-credentials.ts';

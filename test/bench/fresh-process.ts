import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DETAILS_ROUTE, PAGE_ROUTES, ROUTES } from '../../functions/core/routes.js';
import type { Handler } from '../../infra/build/entry-points.js';
import { lambdaVariables } from '../support/aws-endpoint.js';
import { getEvent } from '../support/events.js';
import type { TestServer } from '../support/postgres.js';
import { CHECK_ROLE } from '../support/probe.js';
import { workFolder } from './bundles.js';

/** What one process reports about the bundle that it ran. Times in milliseconds. */
export interface Sample {
  /** Until the handler can be called. */
  readonly init: number;
  /** From then to the first answer. */
  readonly first: number;
  /** Each later invocation, in order. */
  readonly warm: readonly number[];
  /** Resident memory after the last invocation. */
  readonly megabytes: number;
}

/** A folder with `index.js`, and the event that its handler gets. */
export interface Variant {
  readonly name: string;
  readonly folder: string;
  readonly event: object;
}

export const EVENTS: Readonly<Record<Handler, object>> = {
  check: {},
  pool: getEvent(ROUTES.worstPool),
  details: getEvent(DETAILS_ROUTE),
  page: getEvent(PAGE_ROUTES.page),
};

/** Prepares a server whose check logs in without a password, because the login is not what is compared. */
export async function prepareServer(server: TestServer): Promise<void> {
  await server.createCheckRole(CHECK_ROLE);
  await server.createDatabase('shop');
  const file = join(server.postgres.directory, 'data', 'pg_hba.conf');
  writeFileSync(file, `host all ${CHECK_ROLE} 127.0.0.1/32 trust\n${readFileSync(file, 'utf8')}`);
  await server.sql('SELECT pg_reload_conf()');
}

const DRIVER = `
const [, , folder, json, warmInvocations] = process.argv;
const event = JSON.parse(json);
const assertHealthy = (answer) => {
  const isHealthy = answer?.statusCode === undefined ? answer?.[0]?.verdict?.status !== 'unhealthy' : answer.statusCode === 200;
  if (!isHealthy) throw new Error(JSON.stringify(answer));
};
const run = async () => {
  const startedAt = performance.now();
  const { handler } = require(folder);
  const readyAt = performance.now();
  assertHealthy(await handler(event));
  const first = performance.now() - readyAt;
  const warm = [];
  while (warm.length < Number(warmInvocations)) {
    const invokedAt = performance.now();
    assertHealthy(await handler(event));
    warm.push(performance.now() - invokedAt);
  }
  const sample = { init: readyAt - startedAt, first, warm, megabytes: process.memoryUsage().rss / 1e6 };
  require('node:fs').writeSync(2, JSON.stringify(sample));
  process.exit();
};
run();
`;

/**
 * Runs a bundle in a new process and waits until the server has ended its sessions, so that the next process starts alike.
 *
 * @param node the program
 * @param warmInvocations after the first one
 * @throws Error if the handler throws or reports an unhealthy pool
 */
export async function runFresh(
  server: TestServer,
  node: string,
  { folder, event }: Variant,
  awsUrl: string,
  warmInvocations = 0,
): Promise<Sample> {
  const driver = join(workFolder(), 'fresh-process.cjs');
  writeFileSync(driver, DRIVER);
  const args = [driver, folder, JSON.stringify(event), String(warmInvocations)];
  const { stderr } = await promisify(execFile)(node, args, { env: lambdaVariables(awsUrl) });
  await server.gone('sessions of the check', `usename = '${CHECK_ROLE}'`);
  return JSON.parse(stderr);
}

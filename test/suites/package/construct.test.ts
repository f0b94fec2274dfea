import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DETAILS_ROUTE, ROUTES } from '../../../functions/core/routes.js';
import { HANDLERS } from '../../../infra/build/entry-points.js';
import { lambdaVariables } from '../../support/aws-endpoint.js';
import { invokeBundle } from '../../support/invoke-bundle.js';
import { startWatchedServer, type WatchedServer } from '../../support/watched-server.js';
import { UserProject } from './user-project.js';
import { COMES_ALONG, STRICT } from './what-comes-along.js';

/** A CDK app as `cdk init` makes it, of CommonJS, that imports the construct. */

const STACK = `
  const app = new App();
  const stack = new Stack(app, 'Shop');
  const health = new PoolHealth(stack, 'PoolHealth', { pools: [orders] });
  health.metricUtilization('orders');
  addOutputs(stack, health);
  app.synth();
  console.log(checkRoleSql(health.checkRoles[0]).split('\\n')[0]);`;

const ORDERS = `{
  name: 'orders',
  definition: {
    endpoint: 'db.example.com',
    database: 'orders',
    user: 'watcher',
    auth: { type: 'secret', arn: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:watcher-AbCdEf' },
    pool: { max: 15 },
  },
}`;

let project: UserProject;
beforeAll(async () => {
  project = await UserProject.install({ packages: ['aws-cdk-lib', 'constructs', 'typescript', '@types/node'] });
});
afterAll(() => project?.remove());

/** The template of the stack, and the folders with the code of its functions. */
function synthesized(out: string) {
  const folder = join(project.folder, out);
  const { Resources } = JSON.parse(readFileSync(join(folder, 'Shop.template.json'), 'utf8'));
  const resources: { Type: string; Properties: { Code?: { S3Key: string } } }[] = Object.values(Resources);
  const functions = resources.filter(({ Type }) => Type === 'AWS::Lambda::Function');
  return functions.map(({ Properties }) => join(folder, `asset.${Properties.Code?.S3Key.replace('.zip', '')}`));
}

describe('a CDK app that has installed pool-health', () => {
  test('has got nothing that builds: no esbuild, no Prisma but its adapter, no AWS SDK', () => {
    const own = /^(@aws-cdk\/|aws-cdk-lib$|constructs$|typescript$|@typescript\/)/;
    expect(project.installed.filter((name) => !own.test(name))).toEqual(COMES_ALONG);
  });

  test('in TypeScript: compiles at the strictest, is told of mistakes, and synthesizes', async () => {
    // The CDK's own types do not hold with this one.
    const compilerOptions = { ...STRICT, exactOptionalPropertyTypes: false, module: 'NodeNext' };
    project.write('tsconfig.json', JSON.stringify({ compilerOptions }));
    project.write(
      'app.ts',
      `import { App, Stack } from 'aws-cdk-lib';
      import { addOutputs, checkRoleSql as sqlOf, type CheckRole, PoolHealth, type WatchedPoolProps } from 'pool-health';
      const orders: WatchedPoolProps = ${ORDERS};
      // @ts-expect-error a pool has a name
      export const nameless: WatchedPoolProps = { definition: orders.definition };
      // @ts-expect-error there is no such login
      export const unknown: WatchedPoolProps['definition'] = { ...orders.definition, auth: { type: 'kerberos' } };
      const checkRoleSql = (role: CheckRole | undefined) => (role ? sqlOf(role) : 'no role');
      ${STACK}`,
    );
    expect(await project.succeed('npx', ['tsc'])).toBe('');
    const out = await project.succeed(process.execPath, ['out/app.js'], { CDK_OUTDIR: 'cdk.ts.out' });
    expect(out).toBe('DO $check_role$\n');
    expect(synthesized('cdk.ts.out')).toHaveLength(HANDLERS.length);
  });

  test.each([
    ['an ES module', 'app.mjs', (names: string, from: string) => `import { ${names} } from '${from}';`],
    ['CommonJS', 'app.cjs', (names: string, from: string) => `const { ${names} } = require('${from}');`],
  ])('in JavaScript, %s: synthesizes the same', async (_, file, importing) => {
    const imports = [
      importing('App, Stack', 'aws-cdk-lib'),
      importing('addOutputs, checkRoleSql, PoolHealth', 'pool-health'),
    ];
    project.write(file, `${imports.join('\n')}\nconst orders = ${ORDERS};\n${STACK}`);
    await project.succeed(process.execPath, [file], { CDK_OUTDIR: `${file}.out` });
    const folders = synthesized(`${file}.out`);
    expect(new Set(folders).size).toBe(HANDLERS.length);
    expect(folders.every((folder) => existsSync(join(folder, 'index.js')))).toBe(true);
  });

  test('fails with the mistake in its pools', async () => {
    project.write(
      'wrong.cjs',
      `const { App, Stack } = require('aws-cdk-lib');
      const { PoolHealth } = require('pool-health');
      new PoolHealth(new Stack(new App(), 'Shop'), 'PoolHealth', { pools: [] });`,
    );
    const { code, err } = await project.run(process.execPath, ['wrong.cjs']);
    expect(err).toContain('pools is empty: define at least one pool');
    expect(code).toBe(1);
  });
});

describe('the functions of the package, each in a process of its own', () => {
  let watched: WatchedServer;
  beforeAll(async () => {
    watched = await startWatchedServer();
  });
  afterAll(() => watched?.close());

  test.each([
    ['pool', ROUTES.worstPool, { status: 'healthy', problems: [] }],
    ['details', DETAILS_ROUTE, { status: 'ok', problems: [], roundTrip: { queryMs: expect.any(Number) } }],
  ])('%s answers a GET', async (handler, route, expected) => {
    const folder = project.inPackage(`dist/functions/${handler}`);
    const answer = await invokeBundle(folder, route, lambdaVariables(watched.aws.url));
    expect(answer).toMatchObject({ statusCode: 200, json: expected });
  });
});

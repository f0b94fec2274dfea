/** Which folder may import which. Type-only imports count too. See docs/internals/architecture.md. */
/** Packages that stand in devDependencies because a bundle of `dist/` holds what it needs of them. */
const BUNDLED = '@aws-sdk/|@smithy/|@aws-crypto/|@prisma/client/|commander/|pgpass/|valibot/';
/** Peers: who uses `pool-health/app` has them, one copy for both. */
const PEERS = 'pg/|@prisma/adapter-pg/';
const folder = (name) => `^functions/${name}/`;
const mayOnly = (name, allowed, severity = 'error') => ({
  name: `${name.replaceAll('/', '-')}-may-import-only`,
  comment: `functions/${name} may import: ${allowed.join(', ') || 'nothing of ours'}`,
  severity,
  from: { path: folder(name) },
  to: { path: '^(functions|infra|test)/', pathNot: [name, ...allowed].map(folder) },
});
const ENTRIES = ['lambda', 'cli', 'dev'];
const BELOW_COMPOSE = ['monitor', 'round-trip', 'aws', 'postgres', 'poolers', 'app', 'connection', 'core', 'time'];

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: { pathNot: '/generated/' }, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^(functions|infra)/', pathNot: '\\.d\\.ts$' },
      to: {},
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-undeclared-packages',
      severity: 'error',
      comment: 'a suite with a package.json of its own uses the packages of the project too',
      from: { pathNot: '^test/suites/(mutation|preflight)/' },
      // Peers count as undeclared where they are named a second time.
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
    },
    {
      name: 'functions-need-no-development-packages',
      severity: 'error',
      comment: 'beside the dependencies of the package, what its bundles bring along and its peers',
      from: { path: '^functions/', pathNot: '^functions/(dev|page/client)/' },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
        pathNot: `^node_modules/(@types/|${BUNDLED}|${PEERS})`,
      },
    },
    mayOnly('core', []),
    mayOnly('time', []),
    mayOnly('connection', ['core', 'time']),
    mayOnly('aws', ['core', 'connection', 'time']),
    mayOnly('postgres', ['connection', 'core', 'time']),
    mayOnly('poolers', ['connection', 'core', 'aws', 'time']),
    {
      name: 'only-rds-proxy-uses-aws',
      severity: 'error',
      from: { path: '^functions/poolers/', pathNot: '^functions/poolers/rds-proxy/' },
      to: { path: folder('aws') },
    },
    mayOnly('app', ['connection', 'core', 'time']),
    mayOnly('round-trip', ['app', 'connection', 'core', 'time']),
    mayOnly('monitor', ['core', 'time']),
    mayOnly('page', ['core', 'time']),
    mayOnly('handlers', ['monitor', 'core', 'time']),
    mayOnly('compose', BELOW_COMPOSE),
    mayOnly('lambda', ['compose', 'handlers', 'page/generated']),
    mayOnly('cli', ['compose', 'handlers', 'core', 'connection', 'postgres', 'poolers', 'time']),
    mayOnly('dev', [
      'compose',
      'handlers',
      'core',
      'connection',
      'postgres',
      'poolers',
      'app',
      'page/generated',
      'time',
    ]),
    ...ENTRIES.map((name) => ({
      name: `nothing-imports-${name}`,
      severity: 'error',
      from: { path: '^(functions|infra)/', pathNot: folder(name) },
      to: { path: folder(name) },
    })),
    {
      name: 'core-is-pure',
      comment: 'functions/core knows no AWS, no pg and nothing of Node',
      severity: 'error',
      from: { path: folder('core') },
      to: { pathNot: ['^functions/core/', '^node_modules/valibot/'] },
    },
    {
      name: 'nothing-imports-infra-or-test',
      severity: 'error',
      from: { path: '^functions/' },
      to: { path: '^(infra|test)/' },
    },
    {
      name: 'infra-imports-core-only',
      severity: 'error',
      from: { path: '^infra/' },
      to: { path: '^(functions|test)/', pathNot: ['^functions/core/'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};

/** Who may import whom: the rooms of the house. Type-only imports count too. */
const HANDLERS = '^functions/[^/]+\\.ts$';
/** Packages that stand in devDependencies because a bundle of `dist/` holds what it needs of them. */
const BUNDLED = '@aws-sdk/|@prisma/client/|commander/|valibot/';
/** Peers: who uses `pool-health/app` has them, one copy for both. */
const PEERS = 'pg/|@prisma/adapter-pg/';
const room = (name) => `^functions/${name}/`;
const mayOnly = (name, allowed) => ({
  name: `${name}-may-import-only`,
  comment: `functions/${name} may import: ${allowed.join(', ') || 'nothing of ours'}`,
  severity: 'error',
  from: { path: room(name) },
  to: { path: '^(functions|infra|test)/', pathNot: [name, ...allowed].map(room) },
});

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: { pathNot: '/generated/' }, to: { circular: true } },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, path: '^(functions|infra)/' }, to: {} },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-undeclared-packages',
      severity: 'error',
      from: {},
      // Peers count as undeclared where they are named a second time.
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
    },
    {
      name: 'functions-need-no-development-packages',
      severity: 'error',
      comment: 'beside the dependencies of the package, what its bundles bring along and its peers',
      from: { path: '^functions/', pathNot: '^functions/(local|page/client)/' },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
        pathNot: `^node_modules/(@types/|${BUNDLED}|${PEERS})`,
      },
    },
    mayOnly('contract', []),
    mayOnly('health', ['contract']),
    mayOnly('connection', ['health', 'contract']),
    mayOnly('aws', ['health', 'contract']),
    mayOnly('postgres', ['connection', 'health', 'contract']),
    mayOnly('managed', ['connection', 'health', 'contract']),
    mayOnly('page', ['health', 'contract']),
    mayOnly('app', ['connection', 'health', 'contract']),
    {
      name: 'domain-is-pure',
      comment: 'functions/health knows no AWS, no pg and nothing of Node',
      severity: 'error',
      from: { path: room('health') },
      to: { pathNot: ['^functions/(health|contract)/', '^node_modules/valibot/'] },
    },
    {
      name: 'nothing-imports-infra-or-test',
      severity: 'error',
      from: { path: '^functions/' },
      to: { path: '^(infra|test)/' },
    },
    {
      name: 'infra-knows-names-and-validation-only',
      severity: 'error',
      from: { path: '^infra/' },
      to: { path: '^(functions|test)/', pathNot: ['^functions/(contract|health)/'] },
    },
    {
      name: 'rooms-do-not-import-handlers',
      comment: 'only what runs them locally, npm start and the command line, may',
      severity: 'error',
      from: { path: '^functions/[^/]+/', pathNot: '^functions/(local|cli)/' },
      to: { path: HANDLERS },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};

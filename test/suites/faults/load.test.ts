import { load } from './load.js';
import { requests } from './requests.js';
import { ROLE } from './scene.js';
import { tryScenarios } from './try-each.js';

tryScenarios('requests', requests);

// Fifty pools on one server: usually each has its own.
tryScenarios('load', load, {
  settings: { max_connections: '150' },
  prepare: async ({ server }) => {
    await server.sql(`ALTER ROLE ${ROLE} CONNECTION LIMIT 60`);
  },
});

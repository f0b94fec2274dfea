import { load } from './load.js';
import { requests } from './requests.js';
import { ROLE } from './scene.js';
import { tryOut } from './try-each.js';

tryOut('requests', requests);

// Fifty pools on one server: usually each has its own.
tryOut('load', load, {
  prepare: async ({ server }) => {
    await server.sql(`ALTER ROLE ${ROLE} CONNECTION LIMIT 60`);
  },
});

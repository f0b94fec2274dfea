import { input } from './input.js';
import { DATABASE, ROLE } from './scene.js';
import { tryFaults } from './try-each.js';

tryFaults('definitions', input.definitions);

tryFaults('the environment of npm start', input.environment, {
  url: ({ password, relay }) => `postgres://${ROLE}:${password}@127.0.0.1:${relay.port}/${DATABASE}`,
});

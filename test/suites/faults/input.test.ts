import { input } from './input.js';
import { DATABASE, ROLE } from './scene.js';
import { tryEach } from './try-each.js';

tryEach('definitions', input.definitions);

tryEach('the environment of npm start', input.environment, {
  url: ({ password, relay }) => `postgres://${ROLE}:${password}@127.0.0.1:${relay.port}/${DATABASE}`,
});

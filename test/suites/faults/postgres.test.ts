import { postgres } from './postgres.js';
import { tryFaults } from './try-each.js';

tryFaults('PostgreSQL', postgres, { settings: { max_connections: '30' } });

import { postgres } from './postgres.js';
import { tryEach } from './try-each.js';

tryEach('PostgreSQL', postgres, { settings: { max_connections: '30' } });

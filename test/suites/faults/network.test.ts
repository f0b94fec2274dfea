import { network } from './network.js';
import { tryFaults } from './try-each.js';

tryFaults('network', network);

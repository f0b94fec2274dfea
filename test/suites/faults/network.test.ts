import { network } from './network.js';
import { tryEach } from './try-each.js';

tryEach('network', network);

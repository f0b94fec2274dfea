import { aws } from './aws.js';
import { tryFaults } from './try-each.js';

tryFaults('AWS', aws);

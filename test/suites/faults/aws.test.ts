import { aws } from './aws.js';
import { tryEach } from './try-each.js';

tryEach('AWS', aws);

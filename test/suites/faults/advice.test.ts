import { advice } from './advice.js';
import { tryScenarios } from './try-each.js';

tryScenarios('advice of doctor', advice);

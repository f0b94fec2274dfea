import { beforeAll } from 'vitest';
import { lambda, prepare } from './lambda.js';
import { LambdaProcess } from './lambda-process.js';
import { tryFaults, tryScenarios } from './try-each.js';

beforeAll(() => LambdaProcess.build());

tryFaults('an invocation', lambda.faults, { prepare });
tryScenarios('an environment', lambda.scenarios, { prepare });

import { beforeAll } from 'vitest';
import { lambda, prepare } from './lambda.js';
import { LambdaProcess } from './lambda-process.js';
import { tryEach, tryOut } from './try-each.js';

beforeAll(() => LambdaProcess.build());

tryEach('an invocation', lambda.faults, { prepare });
tryOut('an environment', lambda.trials, { prepare });

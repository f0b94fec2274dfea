#!/usr/bin/env node
/** The command `pool-health`. */
import { processTerminal } from './output/terminal.js';
import { run } from './run.js';

process.exitCode = await run(process.argv.slice(2), processTerminal());

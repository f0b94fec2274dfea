#!/usr/bin/env node
import { processTerminal } from './output/terminal.js';
/** The command `pool-health`. */
import { run } from './run.js';

process.exitCode = await run(process.argv.slice(2), processTerminal());

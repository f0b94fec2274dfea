import { ATTACH, templateOf } from '../support/synth.js';

/** Prints the template of a mode, for tools that read templates: `node --import tsx test/tools/template.ts demo`. */
const [mode] = process.argv.slice(2);
console.log(JSON.stringify(templateOf(mode === 'attach' ? ATTACH : { mode }).toJSON()));

import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { appOf, WAYS_OUT, withPools } from '../support/deployments.js';

/** Writes the templates of deployments, for tools that read templates: `node --import tsx test/tools/templates.ts FOLDER`. */
const [folder = ''] = process.argv.slice(2);
const deployments = {
  demo: { mode: 'demo' },
  ...Object.fromEntries(Object.values(WAYS_OUT).map((way) => [way.egress, withPools(9, way)])),
  nested: withPools(100, { egress: 'nat' }),
};
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const [name, context] of Object.entries(deployments)) {
  const { directory } = appOf([context]).synth();
  for (const file of readdirSync(directory).filter((each) => each.endsWith('.template.json'))) {
    copyFileSync(join(directory, file), join(folder, `${name}.${file}`));
  }
}

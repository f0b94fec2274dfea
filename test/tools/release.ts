/**
 * `npm run release`: checks the tree and publishes the package. With `-- --dry-run` it publishes nothing, needs no login,
 * and also works while the package is not ready. CONTRIBUTING.md describes what comes before.
 */
import { spawnSync } from 'node:child_process';
import { releaseObstacles } from './release-obstacles.js';

const isDryRun = process.argv.includes('--dry-run') || process.env.npm_config_dry_run === 'true';
const steps: readonly (readonly string[])[] = isDryRun
  ? [['publish', '--dry-run']]
  : [['run', 'check'], ['test'], ['publish']];

const obstacles = isDryRun ? [] : releaseObstacles(process.cwd());
for (const obstacle of obstacles) {
  console.error(`Not ready to publish: ${obstacle}`);
}
process.exitCode = obstacles.length > 0 || !steps.every(succeeds) ? 1 : 0;

function succeeds(args: readonly string[]): boolean {
  console.log(`npm ${args.join(' ')}`);
  return spawnSync('npm', args, { stdio: 'inherit' }).status === 0;
}

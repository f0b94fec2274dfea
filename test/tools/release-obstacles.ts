/**
 * The `prepublishOnly` script of npm: stops `npm publish` while there are obstacles, however it was started. A dry run
 * prints them and continues, because it publishes nothing.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What npm shows beside a package, and what a user needs to report a problem. */
const REQUIRED_FIELDS = ['repository', 'bugs', 'homepage'];
/** The heading of the entries that belong to no version yet. */
const UNRELEASED = 'Unreleased';

/**
 * Why the package in a folder must not be published: one sentence for each reason, none if it may be.
 *
 * @param status what `git status --porcelain` prints there; null where git or the repository is missing
 * @throws Error if the folder has no package.json or no CHANGELOG.md
 */
export function releaseObstacles(folder: string, status = gitStatus(folder)): readonly string[] {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const changelog = readFileSync(join(folder, 'CHANGELOG.md'), 'utf8');
  return [
    ...REQUIRED_FIELDS.filter((field) => !manifest[field]).map((field) => `package.json has no "${field}".`),
    ...(entryOf(changelog, manifest.version) ? [] : [`CHANGELOG.md has no entry for version ${manifest.version}.`]),
    ...(entryOf(changelog, UNRELEASED) ? [`CHANGELOG.md has entries under ${UNRELEASED}: give them a version.`] : []),
    ...(status === null ? ['This is not a git repository, so that the commit of the package is unknown.'] : []),
    ...(status ? [`Files differ from the last commit: ${filesIn(status).join(', ')}.`] : []),
  ];
}

/** What a changelog says of a version, without its heading; empty if nothing. */
export function entryOf(changelog: string, version: string): string {
  const [heading, ...lines] = changelog
    .split(/^## /m)
    .find((section) => section.split(/[\s\]]/, 1)[0]?.replace('[', '') === version)
    ?.split('\n') ?? [''];
  return heading === '' ? '' : lines.join('\n').trim();
}

function gitStatus(folder: string): string | null {
  try {
    return execFileSync('git', ['status', '--porcelain'], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  } catch {
    return null;
  }
}

function filesIn(status: string): readonly string[] {
  return status
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(3));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const obstacles = releaseObstacles(process.cwd());
  for (const obstacle of obstacles) {
    console.error(`Not ready to publish: ${obstacle}`);
  }
  process.exitCode = obstacles.length === 0 || process.env.npm_config_dry_run === 'true' ? 0 : 1;
}

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inject } from 'vitest';
import { ROOT } from '../../tools/root.js';

interface Manifest {
  readonly type?: 'module';
  /** Beside the package itself, by name; the versions are those that this repository is tested with. */
  readonly packages: readonly string[];
  /** Other versions than those, by name. */
  readonly versions?: Readonly<Record<string, string>>;
}

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A project of somebody else that has installed the package, in a temporary folder far from this repository. */
export class UserProject {
  readonly folder = mkdtempSync(join(tmpdir(), 'pool-health-user-'));

  static async install({ type, packages, versions = {} }: Manifest): Promise<UserProject> {
    const project = new UserProject();
    const dependencies = Object.fromEntries(packages.map((name) => [name, lockedVersion(name)]));
    const manifest = {
      name: 'shop',
      private: true,
      ...(type && { type }),
      dependencies: { ...dependencies, ...versions, 'pool-health': `file:${inject('tarball')}` },
    };
    project.write('package.json', JSON.stringify(manifest));
    await project.succeed('npm', ['install', '--no-package-lock', '--no-audit', '--no-fund', '--prefer-offline']);
    return project;
  }

  write(path: string, text: string): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** Names of all packages that are installed at the top, the package itself not among them. */
  get installed(): readonly string[] {
    const modules = join(this.folder, 'node_modules');
    const names = readdirSync(modules).flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : name,
    );
    return names.filter((name) => !name.startsWith('.') && name !== 'pool-health').sort();
  }

  /** Folder of something that the package brings along. */
  inPackage(path: string): string {
    return join(this.folder, 'node_modules', 'pool-health', path);
  }

  /** Runs a program in the project, to its end. */
  run(program: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
    // What npm sets for the scripts of this repository is not the user's.
    const own = Object.entries(process.env).filter(([name]) => !/^(npm_(lifecycle|package)_|NODE_|VITEST)/.test(name));
    const env = { ...Object.fromEntries(own), ...environment };
    const child = spawn(program, args, { cwd: this.folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const ran = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      ran.out += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      ran.err += chunk;
    });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, ...ran }));
    });
  }

  /**
   * What a program that succeeds writes to standard output.
   *
   * @throws Error with all it wrote if it does not
   */
  async succeed(program: string, args: readonly string[], environment: Record<string, string> = {}): Promise<string> {
    const { code, out, err } = await this.run(program, args, environment);
    if (code !== 0) {
      throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${out}\n${err}`);
    }
    return out;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function lockedVersion(name: string): string {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  return lock.packages[`node_modules/${name}`].version;
}

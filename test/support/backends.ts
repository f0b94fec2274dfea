import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/**
 * Processes of a server that serve a role, by the titles that PostgreSQL gives them. Unlike `pg_stat_activity` this sees
 * those that still log in, and takes no lock.
 */
export function backendsOf(serverPid: number, role: string): string[] {
  const titles = existsSync('/proc/self/stat') ? childrenByProc(serverPid) : childrenByPs(serverPid);
  return titles.filter((title) => title.startsWith(`postgres: ${role} `));
}

/** Where there is /proc: a bare container may have no `ps`. */
function childrenByProc(parent: number): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      const [, ppid] = /\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
      const isChild = Number(ppid) === parent;
      return isChild ? [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()] : [];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

function childrenByPs(parent: number): string[] {
  const lines = execFileSync('ps', ['-A', '-o', 'ppid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, ppid, title = ''] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
    return Number(ppid) === parent ? [title] : [];
  });
}

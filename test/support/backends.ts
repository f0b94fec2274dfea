import { execFileSync } from 'node:child_process';

/**
 * Processes of a server that serve a role, by the titles that PostgreSQL gives them. Unlike `pg_stat_activity` this sees
 * those that still log in, and takes no lock.
 */
export function backendsOf(serverPid: number, role: string): string[] {
  const lines = execFileSync('ps', ['-A', '-o', 'ppid=,args='], { encoding: 'utf8' }).split('\n');
  return lines
    .map((line) => /^\s*(\d+)\s+(.*)$/.exec(line))
    .filter((match) => Number(match?.[1]) === serverPid && match?.[2]?.startsWith(`postgres: ${role} `))
    .map((match) => match?.[2] ?? '');
}

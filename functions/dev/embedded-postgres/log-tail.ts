import { readFileSync } from 'node:fs';

/** The last words of a program's log on one line: they say why it ended. May be empty. */
export function lastLines(logFile: string): string {
  const lines = readFileSync(logFile, 'utf8').split('\n');
  const words = lines.map((line) => line.trim().replace(/\s+/g, ' ')).filter((line) => line !== '');
  return words.slice(-4).join('; ');
}

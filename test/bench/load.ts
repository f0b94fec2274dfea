import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';

/** What requests met with. */
export interface LoadResult {
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly answered: number;
  /** No answer, another than 200, or none within `TIMEOUT_S`. */
  readonly failed: number;
}

/** As long as Prometheus waits by default. @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/ */
export const TIMEOUT_S = 10;

const AUTOCANNON = createRequire(import.meta.url).resolve('autocannon/autocannon.js');

export type Load = (url: string, connections: number, seconds: number) => Promise<LoadResult>;

/** Sends GETs with autocannon, in a process of its own, from so many connections at once, each after the answer before. */
export const autocannon: Load = async (url, connections, seconds) => {
  const args = ['-j', '-n', '-c', `${connections}`, '-d', `${seconds}`, '-t', `${TIMEOUT_S}`, url];
  const { stdout } = await promisify(execFile)(process.execPath, [AUTOCANNON, ...args], { maxBuffer: 1e8 });
  const { latency, errors, non2xx, duration, '2xx': answered } = JSON.parse(stdout);
  const requestsPerSecond = answered / duration;
  return { requestsPerSecond, p50: latency.p50, p99: latency.p99, answered, failed: errors + non2xx };
};

/**
 * The same with hey, for a server that speaks HTTP 1.0 and ends an answer by closing the connection: autocannon waits for
 * more of it.
 */
export const hey: Load = async (url, connections, seconds) => {
  const args = ['-disable-keepalive', '-c', `${connections}`, '-z', `${seconds}s`, '-t', `${TIMEOUT_S}`, url];
  const { stdout } = await promisify(execFile)('hey', args, { maxBuffer: 1e8 });
  const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? 0);
  const errors = [...(stdout.split('Error distribution:')[1] ?? '').matchAll(/^\s+\[(\d+)\]/gm)];
  const answered = number(/\[200\]\s+(\d+) responses/);
  return {
    requestsPerSecond: answered / number(/Total:\s+([\d.]+) secs/),
    p50: number(/50%+ in ([\d.]+) secs/) * 1_000,
    p99: number(/99%+ in ([\d.]+) secs/) * 1_000,
    answered,
    failed: errors.reduce((total, [, count]) => total + Number(count), 0),
  };
};

import { parseArgs } from 'node:util';
import type { LocalSettings } from '../compose/url.js';
import { type Environment, LOCAL_ENVIRONMENT } from '../core/environment.js';
import { namespaceViolation } from '../core/namespace.js';
import { parseHosts } from './hosts.js';

/** What the user wants `npm start` to do. */
export type Command =
  | {
      readonly kind: 'run';
      readonly port: number;
      readonly metricsFile: string | null;
      /** Of the metrics in the file. */
      readonly namespace: string;
      readonly hosts: readonly string[];
    }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'mistake'; readonly text: string };

/** Parses the command line and the variables for it. Never throws: a mistake is reported on one line. */
export function readCommand(args: readonly string[], environment: Environment): Command {
  let values: { help?: boolean | undefined; metrics?: string | undefined };
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: { help: { type: 'boolean', short: 'h' }, metrics: { type: 'string' } },
    }));
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : '').split(/[.\n] ?/);
    return { kind: 'mistake', text: `${reason}. See: npm start -- --help` };
  }
  if (values.help) {
    return { kind: 'help', text: help() };
  }
  if (values.metrics === '') {
    return { kind: 'mistake', text: '--metrics needs the name of a file: npm start -- --metrics FILE' };
  }
  const port = environment.PORT ?? LOCAL_ENVIRONMENT.PORT.default;
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    const text = `PORT must be a whole number from 0 to 65535, received ${JSON.stringify(port.slice(0, 40))}`;
    return { kind: 'mistake', text };
  }
  const hosts = parseHosts(environment.POOL_HEALTH_HOSTS);
  if (typeof hosts === 'string') {
    return { kind: 'mistake', text: hosts };
  }
  const namespace = environment.POOL_HEALTH_NAMESPACE ?? LOCAL_ENVIRONMENT.POOL_HEALTH_NAMESPACE.default;
  const violation = namespaceViolation('POOL_HEALTH_NAMESPACE', namespace);
  if (violation) {
    return { kind: 'mistake', text: violation.message };
  }
  return {
    kind: 'run',
    hosts,
    namespace,
    port: Number(port),
    metricsFile: values.metrics ?? (environment.POOL_HEALTH_METRICS_FILE || null),
  };
}

/** Lines that report the settings once: those in force with all warnings, or all mistakes. */
export function settingsLines({ settings, environment, violations, warnings }: LocalSettings): readonly string[] {
  const warningLines = warnings.map((warning) => `Warning: ${warning}`);
  if (settings === null) {
    return [...warningLines, ...violations.map(({ message }) => `Mistake: ${message}`)];
  }
  const { min, max, idleTimeout, connectionTimeout } = settings;
  const line = `Pool settings (${environment}): min ${min}, max ${max}, idleTimeout ${idleTimeout} ms, connectionTimeout ${connectionTimeout} ms`;
  return [line, ...warningLines];
}

function help(): string {
  const variables = Object.entries(LOCAL_ENVIRONMENT).map(([name, { meaning, default: value }]) => {
    const byDefault = value === null ? '' : ` Default: ${value}.`;
    return `  ${name}\n      ${meaning}${byDefault}`;
  });
  return [
    'Watches a PostgreSQL connection pool: a line every five seconds, and http://localhost:<PORT>/health/pool.',
    '',
    'Usage: npm start [-- --metrics FILE]',
    '',
    '  --metrics FILE  appends the metrics of every check to FILE; overrides POOL_HEALTH_METRICS_FILE',
    '  -h, --help      shows this',
    '',
    'Environment:',
    ...variables,
  ].join('\n');
}

import { describe, expect, it } from 'vitest';
import { parseSettings } from '../../functions/compose/url.js';
import { LOCAL_ENVIRONMENT } from '../../functions/core/environment.js';
import { readCommand, settingsLines } from '../../functions/dev/options.js';

describe('the command line', () => {
  it('needs no option', () => {
    expect(readCommand([], {})).toEqual({
      kind: 'run',
      port: 3000,
      metricsFile: null,
      namespace: 'PoolHealth',
      hosts: [],
    });
  });

  it('takes a file for metrics and a port', () => {
    expect(readCommand(['--metrics', 'm.log'], { PORT: '0' })).toMatchObject({
      kind: 'run',
      port: 0,
      metricsFile: 'm.log',
    });
    expect(readCommand([], { PORT: '65535' })).toMatchObject({ port: 65_535 });
  });

  it('prefers --metrics over POOL_HEALTH_METRICS_FILE', () => {
    const environment = { POOL_HEALTH_METRICS_FILE: 'variable.log' };
    expect(readCommand([], environment)).toMatchObject({ metricsFile: 'variable.log' });
    expect(readCommand(['--metrics', 'option.log'], environment)).toMatchObject({ metricsFile: 'option.log' });
    expect(readCommand([], { POOL_HEALTH_METRICS_FILE: '' })).toMatchObject({ metricsFile: null });
  });

  it('takes the namespace of the metrics from POOL_HEALTH_NAMESPACE, and refuses one that CloudWatch would refuse', () => {
    const named = { POOL_HEALTH_NAMESPACE: 'PoolHealth/staging' };
    expect(readCommand([], named)).toMatchObject({ kind: 'run', namespace: 'PoolHealth/staging' });
    const text = expect.stringMatching(/^POOL_HEALTH_NAMESPACE must be [^\n]+, received ""$/);
    expect(readCommand([], { POOL_HEALTH_NAMESPACE: '' })).toEqual({ kind: 'mistake', text });
  });

  it.each(['', 'abc', '12abc', '-1', '1.5', '1e3', ' 80', '65536', '0x50'])(
    'refuses %j as a port, on one line',
    (PORT) => {
      const command = readCommand([], { PORT });
      expect(command).toMatchObject({ kind: 'mistake', text: expect.stringContaining(JSON.stringify(PORT)) });
      expect(command).toMatchObject({
        text: expect.stringMatching(/^PORT must be a whole number from 0 to 65535[^\n]*$/),
      });
    },
  );

  it.each([
    ['dev.example', ['dev.example']],
    [' Dev.Example , [2001:db8::7],192.0.2.7,', ['dev.example', '[2001:db8::7]', '192.0.2.7']],
    ['', []],
  ])('takes the hosts of %j', (POOL_HEALTH_HOSTS, hosts) => {
    expect(readCommand([], { POOL_HEALTH_HOSTS })).toMatchObject({ kind: 'run', hosts });
  });

  it.each(['dev.example:3000', 'http://dev.example', '*', 'a b', 'u:p@dev.example'])('refuses %j as a host', (host) => {
    expect(readCommand([], { POOL_HEALTH_HOSTS: `localhost,${host}` })).toMatchObject({
      kind: 'mistake',
      text: expect.stringMatching(
        /^POOL_HEALTH_HOSTS must be host names without ports, separated by commas, received /,
      ),
    });
  });

  it.each([['--port', '1'], ['extra'], ['--metrics'], ['--metrics', ''], ['--metrics', '--help']])(
    'refuses %s %s on one line that says where to look',
    (...args) => {
      expect(readCommand(args, {})).toMatchObject({
        kind: 'mistake',
        text: expect.stringMatching(/^[^\n]+npm start -- --[^\n]+$/),
      });
    },
  );

  it('explains every variable when asked for help', () => {
    const command = readCommand(['--help'], { PORT: 'abc' });
    expect(command.kind).toBe('help');
    for (const name of Object.keys(LOCAL_ENVIRONMENT)) {
      expect(command).toMatchObject({ text: expect.stringContaining(name) });
    }
  });
});

describe('the settings in force', () => {
  it('are reported on one line', () => {
    const settings = parseSettings({ DATABASE_POOL_MAX: '7' });
    expect(settings.settings).toEqual({ min: 2, max: 7, idleTimeout: 10_000, connectionTimeout: 5_000 });
    expect(settingsLines(settings)).toEqual([
      'Pool settings (development): min 2, max 7, idleTimeout 10000 ms, connectionTimeout 5000 ms',
    ]);
  });

  it('are reported with warnings', () => {
    const lines = settingsLines(parseSettings({ NODE_ENV: 'staging', DATABASE_POOL_MAX: '101' }));
    expect(lines).toHaveLength(3);
    expect(lines.slice(1).every((text) => text.startsWith('Warning: '))).toBe(true);
  });

  it('are reported as all mistakes at once if there are any', () => {
    const settings = parseSettings({ DATABASE_POOL_MIN: '0', DATABASE_POOL_MAX: 'x' });
    expect(settings.settings).toBeNull();
    expect(settingsLines(settings).filter((text) => text.startsWith('Mistake: '))).toHaveLength(2);
  });
});

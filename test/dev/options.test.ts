import { describe, expect, it } from 'vitest';
import { LOCAL_ENVIRONMENT } from '../../functions/core/environment.js';
import { readCommand } from '../../functions/dev/options.js';
import { settingsInForce } from '../../functions/dev/settings-lines.js';

describe('the command line', () => {
  it('needs nothing', () => {
    expect(readCommand([], {})).toEqual({ kind: 'run', port: 3000, metricsFile: null });
  });

  it('takes a file for metrics and a port', () => {
    expect(readCommand(['--metrics', 'm.log'], { PORT: '0' })).toEqual({ kind: 'run', port: 0, metricsFile: 'm.log' });
    expect(readCommand([], { PORT: '65535' })).toMatchObject({ port: 65_535 });
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
  it('are one line', () => {
    expect(settingsInForce({ DATABASE_POOL_MAX: '7' })).toEqual({
      settings: { min: 2, max: 7, idleTimeout: 10_000, connectionTimeout: 5_000 },
      lines: ['Pool settings (development): min 2, max 7, idleTimeout 10000 ms, connectionTimeout 5000 ms'],
    });
  });

  it('come with warnings', () => {
    const { lines } = settingsInForce({ NODE_ENV: 'staging', DATABASE_POOL_MAX: '101' });
    expect(lines).toHaveLength(3);
    expect(lines.slice(1).every((text) => text.startsWith('Warning: '))).toBe(true);
  });

  it('are all mistakes at once where there are any', () => {
    const { settings, lines } = settingsInForce({ DATABASE_POOL_MIN: '0', DATABASE_POOL_MAX: 'x' });
    expect(settings).toBeNull();
    expect(lines.filter((text) => text.startsWith('Mistake: '))).toHaveLength(2);
  });
});

import { describe, expect, test } from 'vitest';
import { tlsOptions } from '../../functions/connection/tls.js';

describe('the authorities that verify a host', () => {
  test.each([
    ['an instance of RDS: the authorities of RDS', 'orders.c0ffee123.eu-central-1.rds.amazonaws.com', true],
    ['an instance in China: the authorities of RDS', 'orders.c0ffee123.rds.cn-north-1.amazonaws.com.cn', true],
    [
      'an instance in China with the usual order of names: the authorities of RDS',
      'orders.c0ffee123.cn-north-1.rds.amazonaws.com.cn',
      true,
    ],
    ['a proxy: those that Node.js trusts', 'orders.proxy-c0ffee123.eu-central-1.rds.amazonaws.com', false],
    ['any other host: those that Node.js trusts', 'db.example', false],
  ])('%s', async (_, endpoint, hasOwn) => {
    const options = await tlsOptions({ endpoint, tls: 'verify-full' }, null);
    expect(options).toMatchObject({ rejectUnauthorized: true });
    expect(options && 'ca' in options).toBe(hasOwn);
  });

  test('tls off turns TLS off, even with a certificate authority', async () => {
    expect(await tlsOptions({ endpoint: 'db.example', tls: 'off' }, '/nowhere')).toBe(false);
  });
});

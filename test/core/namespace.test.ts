import { describe, expect, it } from 'vitest';
import { namespaceOf, namespaceViolation } from '../../functions/core/namespace.js';

describe('the namespace of a deployment', () => {
  it('is PoolHealth for the default name, and contains every other name', () => {
    expect([namespaceOf('pool-health'), namespaceOf('staging')]).toEqual(['PoolHealth', 'PoolHealth/staging']);
  });

  it.each(['PoolHealth', 'PoolHealth/staging', 'Team.A_b-c/d#e', 'a'.repeat(255)])('may be %s', (namespace) => {
    expect(namespaceViolation('namespace', namespace)).toBeNull();
  });

  it.each([
    ['', 'received ""'],
    ['AWS/RDS', 'received "AWS/RDS"'],
    ['aws/rds', 'received "aws/rds"'],
    ['Pool Health', 'received "Pool Health"'],
    ['a'.repeat(256), '...'],
    [7, 'received 7'],
    [null, 'received null'],
  ])('is refused as %j, by the name of the field', (namespace, end) => {
    const violation = namespaceViolation('POOL_HEALTH_NAMESPACE', namespace);
    expect(violation?.field).toBe('POOL_HEALTH_NAMESPACE');
    expect(violation?.message).toMatch(/^POOL_HEALTH_NAMESPACE must be up to 255 letters, digits/);
    expect(violation?.message.endsWith(end)).toBe(true);
  });
});

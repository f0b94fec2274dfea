import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { expect, it } from 'vitest';
import { ATTACH, stackOf } from '../../support/synth.js';

const [PROXIED, , DIRECT] = ATTACH.pools;
const at = (name: string, endpoint: string) => ({ ...DIRECT, name, definition: { ...DIRECT.definition, endpoint } });

/** The notices at a synth of these pools. */
function notices(...pools: readonly object[]): readonly string[] {
  const found = Annotations.fromStack(stackOf({ ...ATTACH, pools })).findInfo(
    '*',
    Match.stringLikeRegexp('Serverless v2'),
  );
  return found.map(({ entry }) => String(entry.data));
}

it('synth says which clusters no longer pause, and what being awake costs', () => {
  const [notice, ...others] = notices(
    PROXIED,
    at('carts', 'shop.cluster-abc123.eu-central-1.rds.amazonaws.com'),
    at('stock', 'stock-1.abc123.eu-central-1.rds.amazonaws.com'),
    DIRECT,
  );
  expect(others).toEqual([]);
  expect(notice).toContain('no longer pauses: the check connects every minute');
  expect(notice).toContain('44 USD a month');
  expect(notice).toContain('the pools "carts", "stock" if');
});

it('synth says nothing about pausing where no database can pause: behind an RDS Proxy, and outside RDS', () => {
  expect(notices(PROXIED, DIRECT)).toEqual([]);
});

import { describe, expect, it } from 'vitest';
import { summaryOf } from '../../../infra/cost/summary.js';
import { FUNCTION_ALARMS } from '../../../infra/monitoring/function-alarms.js';
import { POOL_ALARMS } from '../../../infra/monitoring/pool-alarms.js';
import { PROXY_ALARMS } from '../../../infra/monitoring/proxy-alarms.js';
import { manyPools } from '../../support/many-pools.js';
import { ATTACH, emptyApp, stackOf } from '../../support/synth.js';

function summarized(context: { readonly mode: 'demo' | 'attach' }) {
  const app = emptyApp();
  const { health } = stackOf(context, app);
  const [headline = '', ...lines] = summaryOf(app, health, context.mode).split('\n');
  const parts = lines.flatMap((line) => {
    const [, usd, what = '', quantity = '', each] = /^ +(\d+\.\d\d) {2}(.+): ([\d,.]+) x ([\d.]+)$/.exec(line) ?? [];
    return usd === undefined
      ? []
      : [{ usd: Number(usd), what, quantity: Number(quantity.replaceAll(',', '')), each: Number(each) }];
  });
  return { headline, parts, text: lines.join('\n') };
}

const usdOf = ({ parts }: ReturnType<typeof summarized>) =>
  Object.fromEntries(parts.map(({ what, usd }) => [what, usd]));
const sumOf = ({ parts }: ReturnType<typeof summarized>) => parts.reduce((sum, { usd }) => sum + usd, 0);

describe('the summary of a demo', () => {
  const summary = summarized({ mode: 'demo' });

  it('includes the database, the RDS Proxy and the endpoints that it creates', () => {
    expect(usdOf(summary)).toMatchObject({
      'RDS Proxy, ACUs (the least that is billed)': 87.6,
      'Aurora Serverless v2, ACUs (the minimum)': 43.8,
      'interface endpoints x zones': 43.8,
      'metrics of RDS Proxies read by the check': 3.5,
      secrets: 0.4,
    });
    expect(Math.round(sumOf(summary) / 10) * 10).toBe(190);
  });

  it('says what removes everything', () => {
    expect(summary.text).toContain('"npx cdk destroy -c mode=demo" removes everything');
  });
});

describe('the summary of a deployment to existing pools', () => {
  const small = summarized(ATTACH);
  const large = summarized({
    ...ATTACH,
    ...{ pools: manyPools(45).map((pool, index) => ({ ...pool, alarmStack: Math.floor(index / 30) })) },
  });
  const alarms = (pools: number) => pools * (POOL_ALARMS.length + 1) + PROXY_ALARMS.length + FUNCTION_ALARMS.length;

  it('counts pools, alarms and dashboards, and those in nested stacks too', () => {
    expect(small.headline).toMatch(
      new RegExp(`^pool-health: 3 pools, ${alarms(3)} alarms, 1 dashboard\\. About \\d+ USD a month:$`),
    );
    expect(large.headline).toMatch(new RegExp(`^pool-health: 45 pools, ${alarms(45)} alarms, 1 dashboard\\. `));
    expect(large.parts.find(({ what }) => what === 'composite alarms')?.quantity).toBe(45);
  });

  it.each([
    ['of few pools', small],
    ['of many', large],
  ])('adds up, %s: each part is a quantity times a price, and the headline is their sum', (_, summary) => {
    for (const { usd, quantity, each } of summary.parts) {
      expect(Math.abs(quantity * each - usd)).toBeLessThan(0.01 + usd / 100);
    }
    expect(summary.headline).toContain(` ${Math.round(sumOf(summary))} USD`);
  });

  it('leaves the existing databases and proxies out, and says so', () => {
    expect(Object.keys(usdOf(small)).filter((what) => /ACU/.test(what))).toEqual([]);
    expect(small.text).toContain('The databases and poolers are not included.');
  });
});

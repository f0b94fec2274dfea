import { describe, expect, it } from 'vitest';
import { METRICS } from '../../../functions/core/metrics.js';
import { type CostedTemplate, deploymentCosts, type Usage } from '../../../infra/cost/bill.js';
import { MINUTES, monthlyUsd, PRICES } from '../../../infra/cost/prices.js';
import { ATTACH, templateOf } from '../../support/synth.js';
import { alarmsOf } from '../../support/templates.js';

const USAGE: Usage = { pools: 3, namespace: 'PoolHealth', proxies: 1, checkMs: 99.5, gets: 1e6, getMs: 20 };
const template = templateOf(ATTACH);
const costs = deploymentCosts(template.toJSON() as CostedTemplate, USAGE);
const quantity = (what: string) => costs.find((cost) => cost.what.startsWith(what))?.quantity;
const usd = (what: string) => monthlyUsd(costs.filter((cost) => cost.what.startsWith(what)));

describe('the bill of a deployment', () => {
  it('counts the resources in the template', () => {
    const endpoints = Object.keys(template.findResources('AWS::EC2::VPCEndpoint')).length;
    expect(quantity('interface endpoints')).toBe(endpoints * ATTACH.subnetIds.length);
    expect(quantity('custom metrics')).toBe(3 * Object.keys(METRICS).length);
    expect(quantity('composite alarms')).toBe(3);
    expect(quantity('dashboards')).toBe(1);
  });

  it('counts an alarm once for each metric that it evaluates', () => {
    const alarms = alarmsOf(template);
    // Of each pool no-idle-connections and active-high, of the proxy proxy-pinned and proxy-near-limit, evaluate two; those of
    // the monitor evaluate its four functions.
    expect(quantity('metrics in alarms')).toBe(alarms.size + 3 * 2 + 2 + 2 * 3);
  });

  it('counts the queries for silent applications: of the check and the API, outside PoolHealth in two namespaces', () => {
    const reads = (usage: Partial<Usage>) =>
      deploymentCosts(template.toJSON() as CostedTemplate, { ...USAGE, ...usage }).find(
        ({ what }) => what === 'metrics of applications read',
      )?.quantity;
    const [everyFiveMinutes, everyHour] = [3 * (MINUTES / 5), 3 * (MINUTES / 60)];
    expect(reads({})).toBe(2 * everyFiveMinutes);
    expect(reads({ namespace: 'PoolHealth/staging' })).toBe(2 * (everyFiveMinutes + everyHour));
    expect(reads({ namespace: 'PoolHealth/staging', gets: 0 })).toBe(everyFiveMinutes + everyHour);
  });

  it('bills invocations by started millisecond and by memory', () => {
    const [[, { Properties }] = ['', { Properties: {} }]] = Object.entries(
      template.findResources('AWS::Lambda::Function'),
    );
    const gigabytes = Properties.MemorySize / 1_024;
    const each = PRICES.lambdaInvocation + 0.1 * gigabytes * PRICES.lambdaGigabyteSecond;
    expect(usd('checks of 100 ms')).toBeCloseTo(MINUTES * each, 6);
    expect(usd('GETs of 20 ms')).toBeCloseTo(0.2 + 1 + 1e6 * 0.02 * gigabytes * PRICES.lambdaGigabyteSecond, 6);
  });
});

/** Account and region that a deployment goes to. */
export interface Target {
  readonly account: string;
  readonly region: string;
}

/** A pool as far as its RDS Proxy says where it is. */
interface ProxiedPool {
  readonly name: string;
  readonly proxyArn?: unknown;
  readonly definition: Readonly<Record<string, unknown>>;
}

/** The ARN of an RDS Proxy. */
export const PROXY_ARN = /^arn:[\w-]+:rds:(?<region>[\w-]+):(?<account>\d{12}):db-proxy:prx-[\w-]+$/;
const HOST_REGION = /\.(?<region>[a-z]{2}(?:-[a-z]+)+-\d+)\.rds\.amazonaws\.com$/i;

/**
 * Where the command line of the CDK deploys to; null if it found no credentials: its region is then only a guess.
 *
 * @see https://docs.aws.amazon.com/cdk/v2/guide/configure-env.html
 */
export function targetOf({
  CDK_DEFAULT_ACCOUNT: account,
  CDK_DEFAULT_REGION: region,
}: NodeJS.ProcessEnv): Target | null {
  return account && region ? { account, region } : null;
}

/**
 * The mistakes in where the RDS Proxies are, one line each. A login with IAM names the proxy's id in the account and region
 * of the deployment, so that a proxy of another one refuses it.
 *
 * @param target null if unknown; the proxies then have to be in the place of the first one
 */
export function placeMistakes(pools: readonly ProxiedPool[], target: Target | null): readonly string[] {
  const placed = pools.flatMap(({ name, proxyArn, definition }) => {
    const groups = typeof proxyArn === 'string' ? PROXY_ARN.exec(proxyArn)?.groups : undefined;
    const { region = '', account = '' } = groups ?? {};
    return groups ? [{ name, region, account, endpoint: String(definition.endpoint) }] : [];
  });
  const [first] = placed;
  const expected = target ?? first;
  const whose = target ? 'the deployment' : `that of pool ${JSON.stringify(first?.name)}`;
  return placed.flatMap(({ name, region, account, endpoint }) => {
    const hostRegion = HOST_REGION.exec(endpoint)?.groups?.region?.toLowerCase() ?? region;
    return [
      ...(region === expected?.region && account === expected.account
        ? []
        : [
            `proxyArn is in ${region} of account ${account}, ${whose} in ${expected?.region} of account ${expected?.account}`,
          ]),
      ...(hostRegion === region ? [] : [`proxyArn is in ${region}, the endpoint in ${hostRegion}`]),
    ].map((line) => `pool ${JSON.stringify(name)}: ${line}: deploy once for each account and region`);
  });
}

import { PARAMETER_PREFIX } from './construct/definitions.js';

/**
 * The proxy of the demo is `<name>-demo`: up to 63 letters, digits and "-", no "--".
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBProxy.html
 */
const DEMO_NAME = /^(?!.*--)(?!.*-$).{1,58}$/;

const RESERVED = 'name begins with "aws" or "ssm", which SSM reserves: set parameterPrefix, such as "/pool-health"';
const NO_PROXY_NAME =
  'name must have up to 58 characters, no "--" and no "-" at its end in mode "demo", whose RDS Proxy has it in its name';

/** The path of the definitions of a deployment that sets none. */
export function prefixOf(name: string): string {
  return `/${name}`;
}

/** The mistakes in what the name of a deployment becomes a part of: the path in SSM, and the RDS Proxy of the demo. */
export function nameMistakes(name: string, { hasPrefix, isDemo }: { hasPrefix: boolean; isDemo: boolean }): string[] {
  return [
    ...(hasPrefix || PARAMETER_PREFIX.pattern.test(prefixOf(name)) ? [] : [RESERVED]),
    ...(isDemo && !DEMO_NAME.test(name) ? [NO_PROXY_NAME] : []),
  ];
}

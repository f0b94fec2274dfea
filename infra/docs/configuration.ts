import { DEPLOYED_ENVIRONMENT, LOCAL_ENVIRONMENT } from '../../functions/core/environment.js';
import { DEFINITION } from '../../functions/core/pool-definition.js';
import { ENVIRONMENTS, SETTING_NAMES, SETTINGS } from '../../functions/core/pool-settings.js';
import { CONTEXT } from '../context.js';
import { type Key, keysOf } from './keys.js';
import { code, document, table } from './markdown.js';
import { CONTEXT_MEANINGS, DEFINITION_MEANINGS, type Meanings } from './meanings.js';

/** The reference of all settings: names, defaults and rules as in the code. */
export function configuration(): string {
  return document('Configuration', [
    'For the steps of a set-up see the [guide](../deploy/guide.md) and [environment.md](../deploy/environment.md).',
    '## Pool settings',
    'Write them as variables, or as `pool` in a definition. All mistakes are reported at once, each with the value received and what is accepted. `NODE_ENV` (in a definition `environment`) selects the column of defaults. An unknown name selects production, with a warning.',
    settings(),
    'A default `min` above a `max` that you wrote is lowered to it, with a warning; a `min` that you wrote is an error.',
    '## Environment variables',
    'For `npm start` and the command line. `pool-health/app` reads `DATABASE_URL`, `NODE_ENV`, `DATABASE_POOL_*` and `POOL_HEALTH_NAMESPACE`. The deployed functions read none of these but `POOL_HEALTH_NAMESPACE`, which the deployment sets.',
    variables(LOCAL_ENVIRONMENT),
    'For the deployed functions. The deployment sets them.',
    variables(DEPLOYED_ENVIRONMENT),
    '## The definition of a pool',
    'One SSM parameter, JSON, `<parameterPrefix>/<pool>`. A change takes effect with the next check, without a deployment. Unknown keys are errors.',
    keys(keysOf(DEFINITION).filter(isNoSetting), DEFINITION_MEANINGS),
    '## The deployment',
    "The value of `pool-health` in `cdk.json`, or `cdk -c pool-health='{…}'`. Mode `demo` accepts only the keys that both modes have. For the props of the construct see [the differences](../deploy/existing-cdk-app.md#props).",
    keys(contextKeys(), CONTEXT_MEANINGS),
  ]);
}

function settings(): string {
  const rows = SETTING_NAMES.map((name) => {
    const { variable, meaning, unit, min, warnAbove, defaults } = SETTINGS[name];
    const rule = [
      `${unit === 'milliseconds' ? unit : 'whole number'} >= ${min}`,
      ...(warnAbove === null ? [] : [`a warning above ${warnAbove}`]),
      ...(name === 'min' ? ['not above `max`'] : []),
    ];
    const columns = ENVIRONMENTS.map((environment) => String(defaults[environment]));
    return [code(name), code(variable), ...columns, rule.join('; '), meaning];
  });
  return table(['setting', 'variable', ...ENVIRONMENTS, 'rule', 'meaning'], rows);
}

type Variables = Readonly<Record<string, { readonly meaning: string; readonly default: string | null }>>;

function variables(of: Variables): string {
  const rows = Object.entries(of).map(([name, { meaning, default: value }]) => [
    code(name),
    meaning,
    value ? code(value) : 'none',
  ]);
  return table(['variable', 'meaning', 'default'], rows);
}

/** The pool settings have a table of their own. */
function isNoSetting({ path }: Key): boolean {
  return !path.startsWith('pool.');
}

function contextKeys(): readonly Key[] {
  const [demo, attach] = CONTEXT.options;
  const inBoth = new Set(keysOf(demo).map(({ path }) => path));
  return keysOf(attach).map((key) => {
    if (key.path === 'mode') {
      return { ...key, accepted: String(CONTEXT.message) };
    }
    return inBoth.has(key.path)
      ? key
      : { ...key, accepted: `${key.accepted}${key.path.includes('.') ? '' : ' (attach only)'}` };
  });
}

/** @throws Error if a key has no meaning in `meanings.ts`, or a meaning has no key */
function keys(known: readonly Key[], meanings: Meanings): string {
  const paths = new Set(known.map(({ path }) => path));
  const stray = Object.keys(meanings).filter((path) => !paths.has(path));
  const rows = known.map(({ path, accepted, byDefault, isRequired }) => {
    const { [path]: meaning } = meanings;
    if (meaning === undefined || stray.length > 0) {
      throw new Error(`infra/docs/meanings.ts does not fit the schema: ${[path, ...stray].join(', ')}`);
    }
    const value = isRequired ? 'required' : (meaning.byDefault ?? shown(byDefault));
    return [code(path), meaning.text, accepted, value];
  });
  return table(['key', 'meaning', 'accepted', 'default'], rows);
}

function shown(byDefault: unknown): string {
  const isPlain = byDefault !== undefined && typeof byDefault !== 'object';
  return isPlain ? code(String(byDefault)) : '';
}

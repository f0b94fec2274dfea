import { DEPLOYED_ENVIRONMENT, LOCAL_ENVIRONMENT } from '../../functions/core/environment.js';
import { DEFINITION } from '../../functions/core/pool-definition.js';
import { ENVIRONMENTS, SETTING_NAMES, SETTINGS } from '../../functions/core/pool-settings.js';
import { CONTEXT } from '../context.js';
import { type Key, keysOf } from './keys.js';
import { code, document, table } from './markdown.js';
import { CONTEXT_MEANINGS, DEFINITION_MEANINGS, type Meanings } from './meanings.js';

/** The reference of everything that can be set: names, defaults and rules as the code has them. */
export function configuration(): string {
  return document('Configuration', [
    'How to set things up step by step is in the [guide](../deploy/guide.md) and in [environment.md](../deploy/environment.md).',
    '## Pool settings',
    'The same four, wherever they are written: as variables, or as `pool` in a definition. Each mistake is reported with the value received and what is accepted, all at once. `NODE_ENV`, in a definition `environment`, picks the column; an unknown name takes the column of production, with a warning.',
    settings(),
    'A default `min` above a `max` that you wrote is lowered to it, with a warning; a `min` that you wrote is refused.',
    '## Environment variables',
    'Of `npm start` and the command line; `pool-health/app` reads `DATABASE_URL`, `NODE_ENV` and `DATABASE_POOL_*` of them. The deployed functions read none.',
    variables(LOCAL_ENVIRONMENT),
    'Of the deployed functions; the deployment sets it.',
    variables(DEPLOYED_ENVIRONMENT),
    '## The definition of a pool',
    'One SSM parameter, JSON, `<parameterPrefix>/<pool>`. A change shows in the next check, without a deployment. Unknown keys are refused by name.',
    keys(keysOf(DEFINITION).filter(isNoSetting), DEFINITION_MEANINGS),
    '## The deployment',
    "The value of `pool-health` in `cdk.json`, or `cdk -c pool-health='{…}'`. In mode `demo` there are no keys but those that both modes know. For the props of the construct see [what is different there](../deploy/existing-cdk-app.md#props).",
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

/** The settings have a table of their own. */
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

/** @throws Error when a key has no meaning here, or a meaning no key */
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

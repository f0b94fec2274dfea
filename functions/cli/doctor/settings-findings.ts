import { type Finding, failed, ok, setting } from '../../core/finding.js';
import { SETTING_NAMES } from '../../core/pool-settings.js';
import type { Facts } from './gather.js';

/** Findings about the settings, and about their differences from the definition of the deployed check. Pure. */
export function settingsFindings({ settings, address }: Facts): Finding[] {
  const { inForce, instances, mistakes, warnings, definition } = settings;
  const invalid = [...mistakes, ...warnings].map((text) => failed('settings', `${text}.`));
  if (inForce === null) {
    return invalid;
  }
  const { min, max, idleTimeout, connectionTimeout } = inForce;
  const text = `min ${min}, max ${max}, idleTimeout ${idleTimeout} ms, connectionTimeout ${connectionTimeout} ms, ${instances} ${instances === 1 ? 'instance' : 'instances'}.`;
  const own = invalid.length > 0 ? invalid : [ok('settings', text)];
  return definition === null ? own : [...own, ...differences(settings, definition, address.database)];
}

function differences(
  { inForce, variables }: Facts['settings'],
  definition: NonNullable<Facts['settings']['definition']>,
  database: string,
): Finding[] {
  const found: Finding[] = [];
  for (const name of SETTING_NAMES) {
    const variable = variables[name];
    const defined = definition.settings[name];
    if (variable !== undefined && inForce?.[name] !== defined) {
      found.push(
        failed(
          'definition',
          `${variable} is ${inForce?.[name]} here, but pool.${name} is ${defined} in the definition: the deployed check uses ${defined}.`,
          setting(`"pool": {"${name}": ${inForce?.[name]}} in the definition, or ${variable}=${defined}`),
        ),
      );
    }
  }
  if (definition.database !== database) {
    const text =
      'The database in the definition is not the one in the URL, so the deployed check counts a different pool.';
    found.push(failed('definition', text, setting(`"database": ${JSON.stringify(database)} in the definition`)));
  }
  return found.length > 0 ? found : [ok('definition', 'The definition matches the settings here.')];
}

import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../infra/upgrade/0.1.0/', import.meta.url);

/** A `cdk.json` as a user of version 0.1.0 has it. These files never change. */
export interface OldDeployment {
  readonly file: string;
  readonly context: Readonly<Record<string, unknown>>;
  /** The pools as they are in SSM; none in demo mode, which creates its own. */
  readonly pools: readonly { readonly name: string; readonly definition: Readonly<Record<string, unknown>> }[];
}

/** Names of the alarms of 35 pools as version 0.1.0 deployed them, by logical id. With fewer pools, they were a part of these. */
export const OLD_ALARMS: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL('../alarms.json', FOLDER), 'utf8'),
);

export const OLD_DEPLOYMENTS: readonly OldDeployment[] = readdirSync(FOLDER).map((file) => {
  const { context } = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'));
  return { file, context, pools: context['pool-health'].pools ?? [] };
});

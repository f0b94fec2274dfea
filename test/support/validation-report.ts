import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from 'aws-cdk-lib';
import { expect } from 'vitest';

/** Synthesizes an app. Returns the findings of its validation plugins. */
export function findingsOf(app: App): readonly Finding[] {
  const directory = app.outdir;
  try {
    app.synth();
  } catch (error) {
    expect(String(error)).toMatch(/^ValidationFailed/);
  }
  const { pluginReports } = JSON.parse(readFileSync(join(directory, 'validation-report.json'), 'utf8')) as Report;
  return pluginReports.flatMap(({ pluginName, violations }) =>
    violations.flatMap(({ ruleName, description, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => ({ pluginName, ruleName, description, constructPath })),
    ),
  );
}

export interface Finding {
  readonly pluginName: string;
  readonly ruleName: string;
  readonly description: string;
  readonly constructPath: string;
}

interface Report {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly violations: readonly {
      readonly ruleName: string;
      readonly description: string;
      readonly violatingConstructs: readonly { readonly constructPath: string }[];
    }[];
  }[];
}

import { join } from 'node:path';
import { type App, Stack } from 'aws-cdk-lib';

/** The template of a stack, as a synth wrote it. */
export interface TemplateFile {
  /** The path of the stack in the app. */
  readonly stack: string;
  readonly file: string;
  readonly path: string;
}

/**
 * The templates of an app, those of nested stacks included. Synthesizes the app unless it was already. The output folder may
 * have more: nothing removes the templates of earlier synths.
 */
export function templateFiles(app: App): readonly TemplateFile[] {
  const { directory } = app.synth();
  return app.node
    .findAll()
    .filter((node) => Stack.isStack(node))
    .map(({ node, templateFile: file }) => ({ stack: node.path, file, path: join(directory, file) }));
}

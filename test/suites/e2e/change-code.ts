import { appendFileSync, cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stage } from 'aws-cdk-lib';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { HealthFunction } from '../../../infra/construct/health-function.js';

/** Appends a comment to the code of a function, so that deploying it is an update. */
export function changeCode({ lambda }: HealthFunction): void {
  const original = lambda.node.findChild('Code') as Asset;
  const resource = lambda.node.defaultChild as CfnFunction;
  const path = mkdtempSync(join(tmpdir(), 'changed-'));
  cpSync(join(Stage.of(lambda)?.assetOutdir ?? '', original.assetPath), path, { recursive: true });
  appendFileSync(join(path, 'index.js'), '\n// Deployed once more.\n');
  const { s3BucketName: s3Bucket, s3ObjectKey: s3Key } = new Asset(lambda, 'ChangedCode', { path });
  resource.code = { s3Bucket, s3Key };
}

import type { defaultProvider as sdkChain } from '@aws-sdk/credential-provider-node';

/**
 * Replaces `@aws-sdk/credential-provider-node` in a deployed handler (`infra/build/bundles.ts`). Lambda puts the credentials
 * of the function's role into the environment, so the other sources are not loaded at start. If the environment has no
 * credentials, this provider loads the SDK's own chain from its separate bundle file.
 *
 * @param init what the SDK passes to its chain
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
export const defaultProvider: typeof sdkChain = (init) => async (options) => {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = process.env;
  if (accessKeyId && secretAccessKey) {
    return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  }
  const chain = await import('./credential-chain.js');
  return await chain.defaultProvider(init)(options);
};

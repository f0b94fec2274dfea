import type { defaultProvider as sdkChain } from '@aws-sdk/credential-provider-node';

/**
 * Stands in a deployed handler in the place of `@aws-sdk/credential-provider-node` (`infra/build/bundles.ts`): Lambda gives the
 * credentials of a function's role in its environment, so that the other sources need not be loaded. Where they are not
 * there, the SDK's own chain is asked, from a file of its own.
 *
 * @param init what the SDK gives its chain
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

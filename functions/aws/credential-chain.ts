/** The SDK's own search for credentials: environment, shared files, containers, instances. */
export { defaultProvider } from '@aws-sdk/credential-provider-node';

/** The SDK's default provider chain: environment, shared files, containers, instances. A separate file in each bundle. */
export { defaultProvider } from '@aws-sdk/credential-provider-node';

import type { AwsEndpoint } from './aws-endpoint.js';
import { awsOfManyPools, secretDefinition } from './aws-of-many-pools.js';
import { startTestServer, type TestServer } from './postgres.js';
import { CHECK_ROLE } from './probe.js';

/** A PostgreSQL server with the role of the check, and an AWS whose only pool is on that server. */
export interface WatchedServer {
  readonly server: TestServer;
  readonly aws: AwsEndpoint;
  close(): Promise<void>;
}

export async function startWatchedServer(): Promise<WatchedServer> {
  const server = await startTestServer();
  await server.createCheckRole(CHECK_ROLE);
  const { port, password } = server.postgres;
  const aws = await awsOfManyPools(1, secretDefinition(port, 'postgres', CHECK_ROLE), password);
  return {
    server,
    aws,
    close: async () => {
      await aws.close();
      await server.close();
    },
  };
}

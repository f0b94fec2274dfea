/**
 * Reads the definition that `POOL_HEALTH_PARAMETER` names, for whoever takes it from `POOL_HEALTH_DEFINITION` afterwards.
 *
 * @throws Error of one line if it cannot be read
 */
export async function nameDefinition(environment: NodeJS.ProcessEnv): Promise<void> {
  if (environment.POOL_HEALTH_PARAMETER) {
    // Loaded only here: most runs need no client of AWS.
    const [{ ssmClient }, { readParameter }] = await Promise.all([
      import('../aws/clients/ssm.js'),
      import('./parameter.js'),
    ]);
    environment.POOL_HEALTH_DEFINITION = await readParameter(ssmClient(), environment.POOL_HEALTH_PARAMETER);
  }
}

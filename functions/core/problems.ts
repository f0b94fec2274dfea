/**
 * Every problem that pool-health reports, by its stable code. Texts of answers and documents come from this table. A problem's
 * values (SQLSTATE, counts, milliseconds) appear in the log and in details only, and never contain a host, a user's data or
 * a credential. The public answer has code, severity, layer and the fixed text.
 */

export type Severity = 'error' | 'warning';
export type Layer = 'app' | 'managed' | 'database' | 'config' | 'aws';

interface ProblemKind {
  readonly severity: Severity;
  readonly layer: Layer;
  /** The value that names the layer where it is not always the same. */
  readonly layerValue?: 'limitedBy';
  /** True if the problem, where it is an error, means that its layer is full. */
  readonly saturates?: true;
  /** What it means and what to do, in at most three short sentences. */
  readonly text: string;
}

export const PROBLEMS = {
  'CONFIG.MISSING': {
    severity: 'error',
    layer: 'config',
    text: 'No pool is defined. Create the SSM parameter <prefix>/<pool>, or set DATABASE_URL for a local check.',
  },
  'CONFIG.INVALID': {
    severity: 'error',
    layer: 'config',
    text: 'The pool definition is not valid. The log lists every mistake with the value received and what is accepted. Correct the definition; no deployment is needed.',
  },
  'CONFIG.COUNT_UNKNOWN': {
    severity: 'error',
    layer: 'config',
    text: 'A name in count has no role on the server, or no session with it was ever seen. Sessions of the pool may not be counted. Correct the name; pool-health doctor lists the nearest ones that exist.',
  },
  'CONFIG.SHARED_USER': {
    severity: 'error',
    layer: 'config',
    text: 'The application logs in as the user of the check, so its sessions are not counted. Give the check a role of its own, or set sharedUser to true.',
  },
  'POOL.NEAR_LIMIT': {
    severity: 'error',
    layer: 'app',
    layerValue: 'limitedBy',
    text: 'Utilization is at 90 % or more of poolSize. limitedBy names the limit. End long transactions and idle sessions first, then raise that limit.',
  },
  'POOL.FULL': {
    severity: 'error',
    layer: 'app',
    text: 'All connections of the application are in use. Look for slow queries and long transactions before you raise max or instances.',
  },
  'POOL.ABOVE_MAX': {
    severity: 'warning',
    layer: 'config',
    text: 'More sessions are open than max x instances. A deployment may be in progress; otherwise instances is too low, or sessions of another program are counted.',
  },
  'POOL.LEAK_SUSPECTED': {
    severity: 'warning',
    layer: 'app',
    text: 'Connections stay idle far longer than idleTimeout, so the pool does not close them. Find code that takes a connection and does not release it.',
  },
  'POOL.ROLE_LIMIT': {
    severity: 'error',
    layer: 'database',
    saturates: true,
    text: 'A role of the pool has reached its CONNECTION LIMIT, and its next login is refused. Raise the limit of the role (ALTER ROLE ... CONNECTION LIMIT), or lower max x instances.',
  },
  'POOL.EXCEEDS_CEILING': {
    severity: 'warning',
    layer: 'config',
    text: 'The settings allow more connections (max x instances) than the pooler or the server can give. Lower max or the number of instances, or raise the limit.',
  },
  'POOL.IDLE_IN_TRANSACTION': {
    severity: 'warning',
    layer: 'app',
    text: 'Most active connections are idle inside an open transaction. Find the code that begins a transaction and then waits, and set idle_in_transaction_session_timeout for the application role.',
  },
  'APP.WAITING': {
    severity: 'warning',
    layer: 'app',
    text: 'Requests wait inside the application for a connection of its own pool. Look for slow queries and long transactions before you raise max.',
  },
  'MANAGED.FULL': {
    severity: 'error',
    layer: 'managed',
    saturates: true,
    text: 'The pooler has reached a limit: all its connections are in use, or it accepts no more clients. End long transactions, or raise the limit if the server has free slots.',
  },
  'MANAGED.PINNED': {
    severity: 'warning',
    layer: 'managed',
    text: 'Many connections are pinned to one client and cannot be shared. Look for SET, PREPARE, temporary tables or advisory locks in the application.',
  },
  'MANAGED.BORROW_WAIT': {
    severity: 'warning',
    layer: 'managed',
    text: 'Clients wait long for a connection of the pooler. Look for pinned sessions and long transactions, then check its limit.',
  },
  'MANAGED.UNAVAILABLE': {
    severity: 'warning',
    layer: 'managed',
    text: 'Stats of the pooler, or a part of them, could not be read. The numbers of the database are still valid. Check the address of the pooler and the permissions of the check.',
  },
  'DATABASE.FULL': {
    severity: 'error',
    layer: 'database',
    saturates: true,
    text: 'No connection slot is left on the server or under the CONNECTION LIMIT of the database. End sessions that are not needed (GET /health/details lists them), lower max of the pools, or raise the limit that was reached.',
  },
  'DATABASE.NEAR_LIMIT': {
    severity: 'warning',
    layer: 'database',
    text: 'The server is almost full: few connection slots are left. Find out which applications hold connections before logins fail.',
  },
  'DATABASE.ROLE': {
    severity: 'error',
    layer: 'database',
    text: 'The server at the endpoint is a standby where a primary is expected, or the reverse. Check for a failover and where the host name leads; if this is intended, set role in the definition.',
  },
  'PROBE.SLOTS_EXHAUSTED': {
    severity: 'error',
    layer: 'database',
    saturates: true,
    text: 'The database refused the check because no connection slot is left. End sessions that are not needed, lower max of the pools, or raise the limit of the server or of the database.',
  },
  'PROBE.OWN_LIMIT': {
    severity: 'error',
    layer: 'config',
    text: 'The role of the check has reached its own CONNECTION LIMIT; the pool itself may be healthy. Raise the limit of that role, or give the check a role that nothing else uses.',
  },
  'PROBE.TIMEOUT': {
    severity: 'error',
    layer: 'database',
    text: 'The database did not answer within the deadline of the check. Check security groups first, then locks and load.',
  },
  'PROBE.UNREACHABLE': {
    severity: 'error',
    layer: 'database',
    text: 'The server cannot be reached, or the connection was cut. Check that the server runs, its address and port, and the security groups.',
  },
  'PROBE.DNS': {
    severity: 'error',
    layer: 'database',
    text: 'The host name does not resolve. Check its spelling in the definition, and the DNS of the network.',
  },
  'PROBE.AUTH': {
    severity: 'error',
    layer: 'database',
    text: 'The database refused the login of the check. Check the user and the password or secret. With IAM, check rds-db:connect, rds_iam, and that the token is for this endpoint.',
  },
  'PROBE.TLS': {
    severity: 'error',
    layer: 'database',
    text: 'The TLS connection could not be verified, so the check did not connect. Check the host name and the certificate authority. The check never falls back to an unverified connection.',
  },
  'PROBE.NOT_ACCEPTING': {
    severity: 'error',
    layer: 'database',
    text: 'The server is starting, stopping or recovering, or an RDS Proxy refuses logins for a moment. Wait; if this does not pass, read the log of the server or of the proxy.',
  },
  'PROBE.TERMINATED': {
    severity: 'error',
    layer: 'database',
    text: 'The server ended the connection of the check, for example because of a restart, a failover or an administrator. The next check opens a new one.',
  },
  'PROBE.PRIVILEGE': {
    severity: 'error',
    layer: 'database',
    text: 'The check may not read other sessions, so counts would be wrong. Run GRANT pg_monitor TO the role of the check, and leave track_activities on.',
  },
  'PROBE.DATABASE_MISSING': {
    severity: 'error',
    layer: 'database',
    text: 'The database of the definition does not exist on this server. Correct its name.',
  },
  'PROBE.QUERY': {
    severity: 'error',
    layer: 'database',
    text: 'The server answered the check with an error or an unexpected result. The log has the SQLSTATE.',
  },
  'AWS.SSM': {
    severity: 'warning',
    layer: 'aws',
    text: 'SSM could not be read, so the last valid definitions stay in force. Check ssm:GetParametersByPath and the network path to SSM (NAT or endpoint).',
  },
  'AWS.CLOUDWATCH': {
    severity: 'warning',
    layer: 'aws',
    text: 'CloudWatch could not be read, or did not accept the metrics. Metrics that it did not accept are in the log, in embedded metric format. Check cloudwatch:GetMetricData, cloudwatch:PutMetricData and the network path to CloudWatch (NAT or endpoint).',
  },
  'AWS.SECRETS': {
    severity: 'warning',
    layer: 'aws',
    text: 'The secret with the password could not be read. Check secretsmanager:GetSecretValue, kms:Decrypt and the network path to Secrets Manager (NAT or endpoint).',
  },
  'AWS.RDS': {
    severity: 'warning',
    layer: 'aws',
    text: 'The RDS API failed, or a login token could not be signed. Check the permissions of the function and the network path to the RDS API (NAT or endpoint).',
  },
} as const satisfies Record<string, ProblemKind>;

/** The text of `PROBE.TIMEOUT` in the phase `queue`: the pool was not probed, so neither server nor network is to blame. */
export const NOT_PROBED_TEXT =
  'The check had no time to probe this pool, because too many other pools did not answer. Its state is unknown. Find out why the others do not answer, or split the deployment.';

/** `reason` of `PROBE.TIMEOUT` when an RDS Proxy answered, but had no connection to the server in time. */
export const BORROW_TIMEOUT = 'borrow timeout';

/** The text of `PROBE.TIMEOUT` with that reason: the proxy answered, so the network of the check is not to blame. */
export const BORROW_TIMEOUT_TEXT =
  'RDS Proxy had no free connection in time. Check its borrowed connections and its availability.';

export type ProblemCode = keyof typeof PROBLEMS;

/** Details of a problem, for the log and for `/health/details`: never a host, a person's name or a credential. */
export type ProblemValues = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

export interface Problem {
  readonly code: ProblemCode;
  readonly severity: Severity;
  readonly values: ProblemValues;
}

/**
 * Creates a problem.
 *
 * @param severity for codes whose severity depends on what was seen: `CONFIG.INVALID` is a warning while a last valid
 * definition is in force, and the `AWS.*` codes are errors if the check cannot run without the service.
 * @default the severity in the table
 */
export function problem(code: ProblemCode, values: ProblemValues = {}, severity?: Severity): Problem {
  return { code, severity: severity ?? PROBLEMS[code].severity, values };
}

/** The text of a problem's code. `PROBE.TIMEOUT` has others for a pool that was not probed and for a borrow timeout. */
export function textOf(of: Problem): string {
  if (isBorrowTimeout(of)) {
    return BORROW_TIMEOUT_TEXT;
  }
  const { code, values } = of;
  return code === 'PROBE.TIMEOUT' && values.phase === 'queue' ? NOT_PROBED_TEXT : PROBLEMS[code].text;
}

/** Whether an RDS Proxy had no connection to the server in time. Its client's connection goes on working. */
export function isBorrowTimeout({ code, values }: Problem): boolean {
  return code === 'PROBE.TIMEOUT' && values.reason === BORROW_TIMEOUT;
}

/** The layer that a problem belongs to. */
export function layerOf({ code, values }: Problem): Layer {
  const { layer, layerValue }: ProblemKind = PROBLEMS[code];
  return (layerValue && (values[layerValue] as Layer | undefined)) ?? layer;
}

/** The layer that is full according to a problem, or null. */
export function saturatedBy({ code, severity }: Problem): 'managed' | 'database' | null {
  const kind: ProblemKind = PROBLEMS[code];
  const isFull = kind.saturates && severity === 'error';
  return isFull && (kind.layer === 'managed' || kind.layer === 'database') ? kind.layer : null;
}

/** An error that carries a problem. `toProblem` returns that problem unchanged. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(of: Problem, options?: ErrorOptions) {
    // The message includes the values: they contain no secret, and the fixed text alone does not identify the error.
    super(`${of.code} ${JSON.stringify(of.values)}: ${PROBLEMS[of.code].text}`, options);
    this.name = 'ProblemError';
    this.problem = of;
  }
}

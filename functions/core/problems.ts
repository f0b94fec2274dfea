/**
 * Everything that can go wrong, by a stable code. The table is the source of the texts; documents are checked against it.
 * A problem's values (SQLSTATE, counts, milliseconds) go to the log and to details only, and never hold a host, a user's
 * data or a credential; the public answer carries code, severity, layer and the fixed text.
 */

export type Severity = 'error' | 'warning';
export type Layer = 'app' | 'managed' | 'database' | 'config' | 'aws';

interface ProblemKind {
  readonly severity: Severity;
  readonly layer: Layer;
  /** True when the problem means that its layer is full. */
  readonly saturates?: true;
  /** What it means, and what to do. */
  readonly text: string;
}

export const PROBLEMS = {
  'CONFIG.MISSING': {
    severity: 'error',
    layer: 'config',
    text: 'No pool is defined. Create the SSM parameter <prefix>/<pool>, or set DATABASE_URL where the check runs locally.',
  },
  'CONFIG.INVALID': {
    severity: 'error',
    layer: 'config',
    text: 'The definition of the pool is not valid. The log lists every mistake with the value received and what is accepted; correct the definition, no deployment is needed.',
  },
  'POOL.EXCEEDS_CEILING': {
    severity: 'warning',
    layer: 'config',
    text: 'The settings promise more connections (max x instances) than the managed pool or the server can give. Lower max or the number of instances, or raise the limit.',
  },
  'POOL.IDLE_IN_TRANSACTION': {
    severity: 'warning',
    layer: 'app',
    text: 'Most busy connections are idle inside an open transaction. Find the code that begins a transaction and then waits; set idle_in_transaction_session_timeout for the application role.',
  },
  'APP.WAITING': {
    severity: 'warning',
    layer: 'app',
    text: 'Requests wait inside the application for a connection of its own pool. Look for slow queries and transactions held open before raising max.',
  },
  'MANAGED.FULL': {
    severity: 'error',
    layer: 'managed',
    saturates: true,
    text: 'The managed pool has given out all its connections. Free connections that are held, or raise its limit if the server has room.',
  },
  'MANAGED.PINNED': {
    severity: 'warning',
    layer: 'managed',
    text: 'Many connections are pinned to one client and cannot be shared. Find SET, PREPARE, temporary tables or advisory locks in the application.',
  },
  'MANAGED.BORROW_WAIT': {
    severity: 'warning',
    layer: 'managed',
    text: 'Clients wait long to borrow a connection from the managed pool. Look for pinned sessions and long transactions, then for its limit.',
  },
  'MANAGED.UNAVAILABLE': {
    severity: 'warning',
    layer: 'managed',
    text: 'The managed pool could not be asked for its figures. The numbers of the database still stand; check the permissions and the address of the managed pool.',
  },
  'DATABASE.FULL': {
    severity: 'error',
    layer: 'database',
    saturates: true,
    text: 'No connection slot is left for clients, of the server or by the CONNECTION LIMIT of the database. End sessions that are not needed (details name who holds them), lower the pools, or raise that limit.',
  },
  'DATABASE.NEAR_LIMIT': {
    severity: 'warning',
    layer: 'database',
    text: 'More than 90 % of the connection slots of the server are used. Find who holds them before logins begin to fail.',
  },
  'PROBE.SLOTS_EXHAUSTED': {
    severity: 'error',
    layer: 'database',
    saturates: true,
    text: 'The check was refused because no connection slot is left. End sessions that are not needed, lower the pools, or raise the limit of the server or of the database.',
  },
  'PROBE.OWN_LIMIT': {
    severity: 'error',
    layer: 'config',
    text: 'The role of the check has reached its own CONNECTION LIMIT; the pool itself may be fine. Raise the limit of that role, or use a role that only the check uses.',
  },
  'PROBE.TIMEOUT': {
    severity: 'error',
    layer: 'database',
    text: 'No answer within the deadline of the check. Either everything is busy or the network drops packets: check security groups first, then locks and load.',
  },
  'PROBE.UNREACHABLE': {
    severity: 'error',
    layer: 'database',
    text: 'Nothing accepts connections at the address, or the connection was cut. Check that the server runs, its address and port, and the security groups.',
  },
  'PROBE.DNS': {
    severity: 'error',
    layer: 'database',
    text: 'The host name cannot be resolved. Check its spelling in the definition and the DNS of the network.',
  },
  'PROBE.AUTH': {
    severity: 'error',
    layer: 'database',
    text: 'The login was refused. Check user, password or secret; for IAM: rds-db:connect, rds_iam, and that the token is made for this endpoint.',
  },
  'PROBE.TLS': {
    severity: 'error',
    layer: 'database',
    text: 'The TLS connection could not be verified and was refused. Check the name and the certificate authority; the check never falls back to an unverified connection.',
  },
  'PROBE.NOT_ACCEPTING': {
    severity: 'error',
    layer: 'database',
    text: 'The server is starting up, shutting down or recovering and accepts no connections yet. It should pass; if not, read the log of the server.',
  },
  'PROBE.TERMINATED': {
    severity: 'error',
    layer: 'database',
    text: 'The server ended the connection of the check: a restart, a failover or an administrator. The next check connects anew.',
  },
  'PROBE.PRIVILEGE': {
    severity: 'error',
    layer: 'database',
    text: 'What sessions do is hidden from the check, so counts would be wrong. Run GRANT pg_monitor TO the role of the check, and leave track_activities on.',
  },
  'PROBE.DATABASE_MISSING': {
    severity: 'error',
    layer: 'database',
    text: 'The database named in the definition does not exist on this server. Correct the name.',
  },
  'PROBE.QUERY': {
    severity: 'error',
    layer: 'database',
    text: 'The server answered the check with an error or with something unexpected. The log has the SQLSTATE.',
  },
  'AWS.SSM': {
    severity: 'warning',
    layer: 'aws',
    text: 'SSM could not be read. The last good definitions stay in force; check ssm:GetParametersByPath and the path to SSM (NAT or endpoint).',
  },
  'AWS.CLOUDWATCH': {
    severity: 'warning',
    layer: 'aws',
    text: 'CloudWatch cannot be asked, or did not take the metrics, which then are in the log in embedded metric format. Check cloudwatch:GetMetricData, cloudwatch:PutMetricData and the path to CloudWatch (NAT or endpoint).',
  },
  'AWS.SECRETS': {
    severity: 'warning',
    layer: 'aws',
    text: 'The secret with the password could not be read. Check secretsmanager:GetSecretValue, kms:Decrypt and the path to Secrets Manager (NAT or endpoint).',
  },
  'AWS.RDS': {
    severity: 'warning',
    layer: 'aws',
    text: 'The RDS API or the signing of a login token failed. Check the permissions of the function and the path to the RDS API (NAT or endpoint).',
  },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof PROBLEMS;

/** What was seen that belongs to a problem, for log and details: never a host, a name of a person or a credential. */
export type ProblemValues = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

export interface Problem {
  readonly code: ProblemCode;
  readonly severity: Severity;
  readonly values: ProblemValues;
}

/** A problem as the public answer shows it. */
export interface PublicProblem {
  readonly code: ProblemCode;
  readonly severity: Severity;
  readonly layer: Layer;
  readonly text: string;
}

/**
 * Makes a problem. Its severity is that of the table unless one is given: `CONFIG.INVALID` is a warning while a last good
 * definition is in force, and the `AWS.*` codes are errors where the check cannot go on without.
 */
export function problem(code: ProblemCode, values: ProblemValues = {}, severity?: Severity): Problem {
  return { code, severity: severity ?? PROBLEMS[code].severity, values };
}

export function toPublic({ code, severity }: Problem): PublicProblem {
  return { code, severity, layer: PROBLEMS[code].layer, text: PROBLEMS[code].text };
}

/** The layer a problem says is full, or null when it says nothing of the kind. */
export function saturatedBy({ code }: Problem): 'managed' | 'database' | null {
  const kind: ProblemKind = PROBLEMS[code];
  return kind.saturates && (kind.layer === 'managed' || kind.layer === 'database') ? kind.layer : null;
}

/** An error that already knows which problem it is. Whoever maps failures to problems takes this one as it is. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(of: Problem, options?: ErrorOptions) {
    // Values are made to be shown, and say what the fixed text cannot: which error it was.
    super(`${of.code} ${JSON.stringify(of.values)}: ${PROBLEMS[of.code].text}`, options);
    this.name = 'ProblemError';
    this.problem = of;
  }
}

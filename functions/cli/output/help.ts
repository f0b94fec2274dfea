/** The text below the options in the help of each command. */

export const ROOT_HELP = `
Output has colours on a terminal; NO_COLOR=1 turns them off, FORCE_COLOR=1 keeps them.`;

export const CHECK_HELP = `
Without --url and --api the command checks the database of DATABASE_URL. Prefer the variable to --url: other users of
this machine can read command lines. DATABASE_POOL_*, NODE_ENV and POOL_HEALTH_* work as for npm start.

Examples:
  DATABASE_URL=postgres://check:secret@localhost:5432/shop pool-health check
  pool-health check --api https://id.execute-api.eu-central-1.amazonaws.com/health/pool --pool orders
  pool-health check --json | jq .utilization.percent

Exit codes: 0 healthy, 1 unhealthy or unreachable, 2 invalid command, URL or settings.`;

export const WATCH_HELP = `
Ctrl-C stops it and closes the connection. A failed check is shown like any other and does not stop it.

Examples:
  DATABASE_URL=postgres://check:secret@localhost:5432/shop pool-health watch
  pool-health watch --interval 60 >> pool.log
  pool-health watch --api https://id.execute-api.eu-central-1.amazonaws.com/health/pool

Exit codes: 0 stopped by Ctrl-C or by the reader of the output, 2 invalid command, URL or settings.`;

export const DOCTOR_HELP = `
It checks DATABASE_POOL_*, NODE_ENV and the definition; the slots and limits of server, database and roles; the names
in count; the grant and timeouts of the role; TLS; and PgBouncer's console if it answers. It changes nothing.
POOL_HEALTH_SHARED_USER=false means that only the check uses the role. A tip improves a set-up that works.

Examples:
  DATABASE_URL=postgres://app:secret@localhost:5432/shop DATABASE_POOL_MAX=20 pool-health doctor
  pool-health doctor --definition orders.json
  pool-health doctor --json | jq -r '.findings[] | select(.mend.kind == "sql") | .mend.text'

Exit codes: 0 nothing failed, 1 something to fix, 2 invalid command or URL.`;

export const SETUP_HELP = `
With --run, POOL_HEALTH_ROLE_PASSWORD sets the password of the role; the server receives only its SCRAM verifier.
Without the variable the password does not change.

Examples:
  pool-health setup | psql "$ADMIN_URL"
  pool-health setup --iam --user pool_health_orders
  DATABASE_URL=$ADMIN_URL POOL_HEALTH_ROLE_PASSWORD=$CHECK_PASSWORD pool-health setup --run

Exit codes: 0 printed or done, 1 failed (a line says whether anything changed), 2 invalid command or URL.`;

export const VALIDATE_HELP = `
Examples:
  pool-health config validate orders.json
  aws ssm get-parameter --name /pool-health/orders --query Parameter.Value --output text | pool-health config validate -

Exit codes: 0 valid, 1 invalid, 2 unreadable file or invalid command.`;

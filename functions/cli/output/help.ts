/** What stands below the options in the help of each command. */

export const ROOT_HELP = `
Colours: where the output is a terminal; NO_COLOR=1 takes them away, FORCE_COLOR=1 keeps them.`;

export const CHECK_HELP = `
Without --url and --api the database is that of DATABASE_URL. Prefer it to --url: others on this machine can read
command lines. DATABASE_POOL_*, NODE_ENV and POOL_HEALTH_* mean what they mean for npm start.

Examples:
  DATABASE_URL=postgres://check:secret@localhost:5432/shop pool-health check
  pool-health check --api https://id.execute-api.eu-central-1.amazonaws.com/health/pool --pool orders
  pool-health check --json | jq .utilization.percent

Exit codes: 0 healthy, 1 unhealthy or nobody could be asked, 2 a mistake in the command, the URL or the settings.`;

export const WATCH_HELP = `
Ctrl-C ends it and closes the connection. A check that fails is shown like any other and does not end it.

Examples:
  DATABASE_URL=postgres://check:secret@localhost:5432/shop pool-health watch
  pool-health watch --interval 60 >> pool.log
  pool-health watch --api https://id.execute-api.eu-central-1.amazonaws.com/health/pool

Exit codes: 0 ended by Ctrl-C or by whoever read the lines, 2 a mistake in the command, the URL or the settings.`;

export const DOCTOR_HELP = `
It looks at DATABASE_POOL_*, NODE_ENV and the definition; at the slots and limits of server, database and role, its
grant and time-outs, TLS; at PgBouncer's console where it answers. It changes nothing. POOL_HEALTH_SHARED_USER=false
says that the role is only the check's.

Examples:
  DATABASE_URL=postgres://app:secret@localhost:5432/shop DATABASE_POOL_MAX=20 pool-health doctor
  pool-health doctor --definition orders.json
  pool-health doctor --json | jq -r '.findings[] | select(.mend.kind == "sql") | .mend.text'

Exit codes: 0 nothing to mend, 1 something to mend, 2 a mistake in the command or the URL.`;

export const SETUP_HELP = `
With --run the password of the role is that of the variable POOL_HEALTH_ROLE_PASSWORD, if it is set; the server gets
its SCRAM verifier only. Without, the password stays as it is.

Examples:
  pool-health setup | psql "$ADMIN_URL"
  pool-health setup --iam --user pool_health_orders
  DATABASE_URL=$ADMIN_URL POOL_HEALTH_ROLE_PASSWORD=$CHECK_PASSWORD pool-health setup --run

Exit codes: 0 printed or done, 1 not done (a line says if anything was changed), 2 a mistake in the command or the URL.`;

export const VALIDATE_HELP = `
Examples:
  pool-health config validate orders.json
  aws ssm get-parameter --name /pool-health/orders --query Parameter.Value --output text | pool-health config validate -

Exit codes: 0 valid, 1 not valid, 2 the file cannot be read or another mistake in the command.`;

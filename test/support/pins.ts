/** What is not SQL in a statement: texts, names in quotes, comments. */
const QUOTED = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\//g;
/** Statement text from which on RDS Proxy gives the connection to one client. */
const LARGEST_BYTES = 16 * 1024;

const AT_START = /^(set|reset|prepare|execute|deallocate|discard|listen|unlisten|declare|fetch|move|load)\b/;
const ANYWHERE: readonly (readonly [string, RegExp])[] = [
  ['set_config', /\bset_config\s*\(/],
  ['a temporary object', /\b(create|into)\b[^;]*?\btemp(orary)?\b|\bpg_temp\b/],
  ['nextval or setval', /\b(nextval|setval)\s*\(/],
  ['a session advisory lock', /\bpg_(try_)?advisory_lock(_shared)?\s*\(/],
];

/**
 * Why RDS Proxy would pin the session that sends this text, so that its connection is nobody else's until it leaves. Empty
 * if it would not.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-pinning.html
 */
export function pinsOf(text: string): string[] {
  const statements = text.toLowerCase().replace(QUOTED, ' ? ').split(';');
  return [
    ...(Buffer.byteLength(text) > LARGEST_BYTES ? ['more than 16 KB'] : []),
    ...statements.flatMap((statement) => AT_START.exec(statement.trim())?.[1]?.toUpperCase() ?? []),
    ...ANYWHERE.filter(([, pattern]) => statements.some((statement) => pattern.test(statement))).map(([what]) => what),
  ];
}

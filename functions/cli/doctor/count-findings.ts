import { sqlName } from '../../core/check-role.js';
import { type Finding, failed, ok, setting, unknown } from '../../core/finding.js';
import type { RoleFacts } from '../../postgres/role.js';
import type { Facts } from './gather.js';
import { nearest } from './nearest.js';

const ABOUT = 'count';
/** PostgreSQL reserves these names for its own roles, as which no application logs in. */
const RESERVED_PREFIX = 'pg_';

/** Whether the names in `count` exist: a name that does not, counts nothing, and the pool looks empty. Pure. */
export function countFindings({ count, role }: Pick<Facts, 'count' | 'role'>): Finding[] {
  if (count.users === null && count.applications === null) {
    return [];
  }
  if (role === null) {
    return [unknown(ABOUT, 'Whether the names in count exist is unknown.')];
  }
  const found = [...missingRoles(count.users ?? [], role), ...unseenApplications(count.applications ?? [], role)];
  return found.length > 0 ? found : [ok(ABOUT, 'All names in count exist.')];
}

function missingRoles(users: readonly string[], { roles }: RoleFacts): Finding[] {
  const names = roles.map(({ name }) => name).filter((name) => !name.startsWith(RESERVED_PREFIX));
  return users
    .filter((user) => roles.every(({ name }) => name !== user))
    .map((user) => {
      const near = nearest(user, names);
      const text = `The server has no role ${sqlName(user)}, so none of its sessions count.`;
      return near === null
        ? failed(ABOUT, `${text} No role has a similar name.`)
        : failed(ABOUT, `${text} The nearest is ${sqlName(near)}.`, replace('users', user, near));
    });
}

/**
 * An application without sessions may be scaled to zero, so its name alone is no mistake. With a similar name in use, and
 * no session of any counted application, it is.
 */
function unseenApplications(applications: readonly string[], { applications: seen }: RoleFacts): Finding[] {
  const isAnySeen = applications.some((application) => seen.includes(application));
  const candidates = seen.filter((application) => !applications.includes(application));
  return applications
    .filter((application) => !seen.includes(application))
    .map((application) => {
      const near = nearest(application, candidates);
      const text = `No session has the application name ${JSON.stringify(application)} now.`;
      if (near === null) {
        return unknown(ABOUT, `${text} Whether the name is correct is unknown until the application connects.`);
      }
      const similar = `${text} The nearest in use is ${JSON.stringify(near)}.`;
      return isAnySeen ? unknown(ABOUT, similar) : failed(ABOUT, similar, replace('applications', application, near));
    });
}

function replace(key: 'users' | 'applications', name: string, near: string) {
  return setting(`${JSON.stringify(near)} instead of ${JSON.stringify(name)} in "count": {"${key}": [...]}`);
}

/** The `application_name` of every session of the check: how it recognises its own and leaves them out of the count. */
export const CHECK_APPLICATION_NAME = 'pool-health';

/** Milliseconds within which a check of one pool answers, whatever the other side does. */
export const CHECK_DEADLINE_MS = 5_000;

/** What fixes a problem: a statement for an administrator, a setting, or a command. */
export interface Fix {
  readonly kind: 'sql' | 'setting' | 'command';
  readonly text: string;
}

/** The result of one check of `doctor`. */
export interface Finding {
  /** What was checked, in one or two stable words. */
  readonly about: string;
  /** A tip is an improvement of a set-up that works. */
  readonly state: 'ok' | 'tip' | 'failed' | 'unknown';
  readonly text: string;
  /** Null if the finding is ok or unknown, and where the text already says what to look for. */
  readonly fix: Fix | null;
}

export function ok(about: string, text: string): Finding {
  return { about, state: 'ok', text, fix: null };
}

export function tip(about: string, text: string, fix: Fix | null = null): Finding {
  return { about, state: 'tip', text, fix };
}

export function unknown(about: string, text: string): Finding {
  return { about, state: 'unknown', text, fix: null };
}

export function failed(about: string, text: string, fix: Fix | null = null): Finding {
  return { about, state: 'failed', text, fix };
}

export function sql(text: string): Fix {
  return { kind: 'sql', text: `${text};` };
}

export function setting(text: string): Fix {
  return { kind: 'setting', text };
}

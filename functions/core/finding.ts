/** What mends something: a statement for an administrator, a setting, or a command. */
export interface Mend {
  readonly kind: 'sql' | 'setting' | 'command';
  readonly text: string;
}

/** One thing that was looked at. */
export interface Finding {
  /** What it is about, in a stable word or two. */
  readonly about: string;
  readonly state: 'fine' | 'wrong' | 'unseen';
  readonly text: string;
  /** Null where nothing is wrong, or where the text says what to look for. */
  readonly mend: Mend | null;
}

export function fine(about: string, text: string): Finding {
  return { about, state: 'fine', text, mend: null };
}

export function unseen(about: string, text: string): Finding {
  return { about, state: 'unseen', text, mend: null };
}

export function wrong(about: string, text: string, mend: Mend | null = null): Finding {
  return { about, state: 'wrong', text, mend };
}

export function sql(text: string): Mend {
  return { kind: 'sql', text: `${text};` };
}

export function setting(text: string): Mend {
  return { kind: 'setting', text };
}

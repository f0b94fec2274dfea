import type { CommanderError } from 'commander';

/** A word that may be shown again: no value of an option, and nothing like a URL. */
const HARMLESS = /^(--?)?[A-Za-z][A-Za-z-]{0,30}$/;

/** Commander's complaint on one line. What was written is repeated only where it cannot be a credential. */
export function mistake({ message }: CommanderError): string {
  const [first = ''] = message.replace(/^error: /, '').split('\n(Did you mean');
  const hint = /\n(\(Did you mean [^()]*\))$/.exec(message)?.[1] ?? '';
  const [whole, written = ''] = /'(.*)'/s.exec(first) ?? [];
  const isOwn = /^option '--[a-z]+ <[a-z]+>'/.test(first);
  const name = written.split('=')[0] ?? '';
  const shown =
    isOwn || whole === undefined
      ? first
      : first.replace(whole, () => (HARMLESS.test(name) ? `'${name}'` : '(not shown)'));
  return [shown.replaceAll('\n', ' ').replace(/\.$/, ''), hint].filter((part) => part !== '').join(' ');
}

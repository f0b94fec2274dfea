/** A name with more changed letters than one in three is another name. */
const LETTERS_PER_CHANGE = 3;

/** The name that is most similar to a text, apart from upper and lower case; null if none is similar. */
export function nearest(text: string, names: readonly string[]): string | null {
  const written = text.toLowerCase();
  const allowed = Math.floor(written.length / LETTERS_PER_CHANGE);
  const [best] = names
    .map((name) => ({ name, changes: editDistance(written, name.toLowerCase()) }))
    .filter(({ changes }) => changes <= allowed)
    .sort((a, b) => a.changes - b.changes);
  return best?.name ?? null;
}

/** The Levenshtein distance: how many letters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  const letters = Array.from(b);
  let previous = [0, ...letters.map((_, column) => column + 1)];
  for (const [row, letter] of Array.from(a).entries()) {
    const current = [row + 1];
    for (const [column, other] of letters.entries()) {
      const replaced = (previous[column] ?? 0) + (letter === other ? 0 : 1);
      current.push(Math.min(replaced, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}

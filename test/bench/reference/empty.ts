/** What Node itself needs. */
export async function handler(): Promise<null> {
  return null;
}

/** What a thrown value says: an error's message, or the value itself where somebody threw something else. */
export function errorText(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

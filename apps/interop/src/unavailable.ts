/** Something that a check needs cannot be had here: its rows are "not run" with this message, never passed. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
}

/** The message of whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Why rows are not run that a run did not come to because its user has ended it. */
export const INTERRUPTED = 'interrupted'

/** Something that the person at the keyboard can mend: one line, exit code 2. */
export class UserError extends Error {
  override readonly name = 'UserError'
}

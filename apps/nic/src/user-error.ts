/** Something that the person at the keyboard can mend: one line that says what to do, exit code 2. */
export class UserError extends Error {
  override readonly name = 'UserError'
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  EADDRINUSE: 'somebody listens there already',
  ECONNREFUSED: 'nobody listens there any more',
  EISDIR: 'it is a folder',
  ENOENT: 'there is no such file or folder',
  ENOSPC: 'no space is left',
  ENOTDIR: 'the path goes through a file',
  ENOTSOCK: 'it is no socket',
  EPERM: 'it is not permitted',
  EROFS: 'the file system is read-only',
}

/** What the operating system answered, in words. */
export function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  return REASONS[code] ?? code
}

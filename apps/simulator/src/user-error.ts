/** Something that the person at the keyboard can mend: one line, exit code 2. */
export class UserError extends Error {
  override readonly name = 'UserError'
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  EEXIST: 'there is a file of this name',
  EISDIR: 'it is a folder',
  ENOSPC: 'no space is left',
  ENOTDIR: 'a part of the path is no folder',
  EPERM: 'it is not permitted',
  EROFS: 'the file system is read-only',
}

/** What the file system answered, in words. `missing`: what is not there when it says ENOENT. */
export function reason(error: unknown, missing: 'file' | 'folder'): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  return code === 'ENOENT' ? `there is no such ${missing}` : (REASONS[code] ?? code)
}

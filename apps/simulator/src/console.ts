/** Where a command prints: the process's own streams, or a test's. */
export interface Console {
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean }
}

/** Where a command prints: the process's own streams, or a test's. */
export interface Console {
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: NodeJS.WritableStream
}

/** What a command needs of the world. */
export interface Surroundings {
  readonly console: Console
  /** Aborts when the user wants the command to end. */
  readonly signal: AbortSignal
}

/** Settles when the user wants the command to end. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

import type { RunResult } from '@npa/scenario'

/** What the thread of a run tells the main thread. */
export type WorkerMessage =
  | { readonly type: 'phase'; readonly name: string; readonly index: number; readonly phases: number }
  | { readonly type: 'frames'; readonly done: number; readonly wanted: number }
  | { readonly type: 'done'; readonly result: RunResult }
  /** A file cannot be written any more. */
  | { readonly type: 'refused'; readonly message: string }

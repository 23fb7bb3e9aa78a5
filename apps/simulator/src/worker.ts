import { parentPort, workerData } from 'node:worker_threads'
import { simulateHere } from './simulate.js'
import type { Job } from './simulate.js'
import { UserError } from './user-error.js'
import type { WorkerMessage } from './worker-messages.js'

// The thread of a run. What it throws besides is a fault of ours: the main thread hears of it as the worker's error.
const tell = (message: WorkerMessage): void => parentPort?.postMessage(message)

try {
  const result = simulateHere(workerData as Job, {
    phase: (name, index, phases) => {
      tell({ type: 'phase', name, index, phases })
    },
    frames: (done, wanted) => {
      tell({ type: 'frames', done, wanted })
    },
  })
  tell({ type: 'done', result })
} catch (error) {
  if (!(error instanceof UserError)) throw error
  tell({ type: 'refused', message: error.message })
}

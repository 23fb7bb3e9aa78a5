import { Worker } from 'node:worker_threads'
import { runReal } from '@npa/threads'
import type { Simulate } from './simulate.js'
import { UserError } from './user-error.js'
import type { WorkerMessage } from './worker-messages.js'

/**
 * Carries out a job in a thread of its own, so that this one can hear signals: a run is one long loop. When the signal aborts, the
 * thread ends where it is, and the promise rejects.
 */
export const simulateInWorker: Simulate = (job, progress, signal) =>
  job.scenario.clock === 'real' ? simulateInThreads(job, progress, signal) : inOneThread(job, progress, signal)

/** Real time: this thread only starts the threads of the run and looks after them. */
const simulateInThreads: Simulate = ({ scenario, captures }, progress, signal) =>
  runReal({ scenario, captures, progress, signal })

const inOneThread: Simulate = (job, progress, signal) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: job })
    worker.on('message', (message: WorkerMessage) => {
      if (message.type === 'phase') progress.phase(message.name, message.index, message.phases)
      else if (message.type === 'frames') progress.frames(message.done, message.wanted)
      else if (message.type === 'done') resolve(message.result)
      else reject(new UserError(message.message))
    })
    worker.on('error', reject)
    worker.on('exit', () => {
      reject(new Error('the thread of the run ended before the run did'))
    })
    signal.addEventListener('abort', () => void worker.terminate())
  })

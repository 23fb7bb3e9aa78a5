export { runReal } from './run-real.js'
export type { RealOptions } from './run-real.js'
export type { Crew, StartWorker } from './crew.js'

export { serveFunction } from './serve.js'
export type { FunctionServer, ServeOptions, ServerStatistics } from './serve.js'
export { RealScheduler } from './real-scheduler.js'

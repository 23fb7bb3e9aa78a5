import { parentPort, workerData } from 'node:worker_threads'
import { stress } from './stress.js'
import type { StressPlan } from './stress.js'

parentPort?.postMessage(stress(workerData as StressPlan))

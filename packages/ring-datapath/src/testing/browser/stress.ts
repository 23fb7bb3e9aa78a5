// In a worker of a page: one thread of the stress test, with the plan that it is sent.
import { stress } from '../stress.js'
import type { StressPlan } from '../stress.js'
import { worker } from './web.js'

worker.onmessage = ({ data }) => {
  worker.postMessage(stress(data as StressPlan))
}

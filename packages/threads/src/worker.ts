import { workerData } from 'node:worker_threads'
import type { ThreadPlan } from './plan.js'
import { runGuest } from './roles/guest-role.js'
import { runHost } from './roles/host-role.js'
import { runNic } from './roles/nic-role.js'

/** What a worker thread is told: which part of the plan it is. */
export interface Order {
  readonly plan: ThreadPlan
  readonly role: 'nic' | 'host' | 'guest'
  /** Of the host, or among all guests. */
  readonly index: number
}

const roles = { nic: runNic, host: runHost, guest: runGuest }
const { plan, role, index } = workerData as Order
roles[role](plan, index)

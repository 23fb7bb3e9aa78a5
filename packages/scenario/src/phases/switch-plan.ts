import type { PhaseRun } from './phase-run.js'

/** The mode switch of a phase: asked for once the stream has sent enough, watched until every VM is there. */
export class SwitchPlan {
  readonly #run: PhaseRun
  #asked = false

  constructor(run: PhaseRun) {
    this.#run = run
  }

  /** To be called as the phase goes on: asks when it is time. Returns whether all VMs have arrived. */
  advance(): boolean {
    const plan = this.#run.spec.switch
    if (plan === undefined) return true
    if (!this.#asked) {
      if (this.#run.spec.stream !== undefined && this.#run.sent() < plan.afterFrames) return false
      this.#ask()
    }
    return plan.vms.every((name) => {
      const { vm, shell } = this.#run.simulation.guest(name)
      return vm.passthrough.mode === plan.to && shell.mode === plan.to
    })
  }

  #ask(): void {
    this.#asked = true
    const plan = this.#run.spec.switch
    if (plan === undefined) return
    for (const name of plan.vms) {
      const { passthrough } = this.#run.simulation.guest(name).vm
      if (plan.to === 'passthrough') passthrough.enter()
      else if (plan.force) passthrough.force()
      else passthrough.leave()
    }
  }
}

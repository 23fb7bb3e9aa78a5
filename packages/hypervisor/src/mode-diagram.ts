import { modeTable } from './mode-machine.js'

/** The mode machine as a Mermaid state diagram, generated from its table. */
export function modeDiagram(): string {
  const lines = ['stateDiagram-v2', '  [*] --> emulated']
  for (const [mode, steps] of Object.entries(modeTable)) {
    for (const [event, step] of Object.entries(steps))
      lines.push(`  ${mode} --> ${step.next}: ${event} / ${step.action}`)
  }
  return `${lines.join('\n')}\n`
}

import type { RegisterFile } from '../engine/register-file.js'

/**
 * RTTDT1C is a window on 128 registers: RTTDQSEL says on which (8.2.3.10.13; X550 datasheet 8.2.2.11.4, 8.2.2.11.5). No arbiter spends the
 * credits: queues take turns.
 */
export function selectedCredits(file: RegisterFile): void {
  file.onRead('RTTDT1C', () => file.get('RTTDT1C_QUEUE', file.get('RTTDQSEL')))
  file.onWrite('RTTDT1C', (_n, value) => {
    file.store('RTTDT1C_QUEUE', file.get('RTTDQSEL'), value)
  })
}

import { Counters } from '@npa/core'

/** Slots of what the shell counts; the names appear in `statistics()`. */
export class ShellCounters {
  readonly all: Counters = new Counters()
  readonly txFrames: number = this.all.slot('tx.frames')
  readonly txBytes: number = this.all.slot('tx.bytes')
  /** Longer than the MTU allows. */
  readonly txTooBig: number = this.all.slot('tx.tooBig')
  /** A checksum wanted of something that is not TCP or UDP in the first buffer. */
  readonly txBadOffload: number = this.all.slot('tx.badOffload')
  /** Handed to the emulated device and not completed when it was reset: they may have left. */
  readonly txResetDropped: number = this.all.slot('tx.resetDropped')
  /** Handed to a VF that was taken away, and not completed: they may have left. */
  readonly txRevoked: number = this.all.slot('tx.revokedUncompleted')
  /** Not sent when the driver was closed. */
  readonly txClosed: number = this.all.slot('tx.closed')
  readonly rxFrames: number = this.all.slot('rx.frames')
  readonly rxBytes: number = this.all.slot('rx.bytes')
  /** Taken from the device while no stack is attached. */
  readonly rxNoUser: number = this.all.slot('rx.noUser')
  /** A plugin indicated a frame that cannot be: unknown buffers, lengths outside them, no or too many pieces. */
  readonly rxBadFrame: number = this.all.slot('rx.badFrame')
  /** A plugin indicated more frames than it was asked for. */
  readonly rxOverrun: number = this.all.slot('rx.overrun')
  /** A plugin asked for a buffer under an id that is out of range or taken. */
  readonly badBufferId: number = this.all.slot('plugin.badBufferId')
  /** A plugin completed frames that it was not given. */
  readonly badCompletion: number = this.all.slot('plugin.badCompletion')
  /** A plugin threw. */
  readonly pluginFaults: number = this.all.slot('plugin.faults')
  readonly pluginLogs: number = this.all.slot('plugin.logs')
  /** Queue errors that the device reported, and resets that followed. */
  readonly queueErrors: number = this.all.slot('device.queueErrors')
  readonly resets: number = this.all.slot('device.resets')
  readonly passthroughs: number = this.all.slot('mode.passthrough')
  readonly emulations: number = this.all.slot('mode.emulation')
  readonly offersFailed: number = this.all.slot('mode.offersFailed')

  add(slot: number, n: number): void {
    this.all.add(slot, n)
  }
}

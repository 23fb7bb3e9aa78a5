/** Words by which a thread tells how it is doing. It alone writes them, but for `commands`. */
export const Status = {
  /** 1 while it sleeps. */
  idle: 0,
  /** While it sleeps: when its next timer is due, ms since the start; `NEVER` without one. */
  deadlineMs: 1,
  /** Times that it has gone to sleep. */
  sleeps: 2,
  /** Commands that it was sent. */
  commands: 3,
  /** Guest: copies of frames that it sent to other guests, and that it got. */
  sent: 4,
  delivered: 5,
  /** Guest: index of the shell's mode in `MODES`, or -1 on the way. */
  mode: 6,
  /** Guest: the stack has a link. Host: the NIC has one. */
  link: 7,
  /** Guest: everything that its streams have written is acknowledged. */
  quiet: 8,
  /** Guest: it has sent all that is its to send of a replay. */
  replayed: 9,
  /** While it sleeps: its bell's ticket. */
  ticket: 10,
  /** Host: index in `MODES` of each VM's mode, or -1 on the way. */
  vmMode: 16,
} as const

/** The two modes in which a VM rests. */
export const MODES = ['emulated', 'passthrough'] as const

/** No timer is armed. */
export const NEVER = 0x7fffffff

/** Bytes of a thread's words: there are 48 VMs on a host at most. */
export const STATUS_BYTES = 256

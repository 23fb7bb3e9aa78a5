/** One line of the verdict. */
export interface Row {
  readonly driver: string
  readonly device: string
  readonly kernel: string
  readonly check: string
  readonly result: 'pass' | 'fail' | 'not run'
  /** What was seen, or why not. */
  readonly detail: string
}

/** What `--json` writes. */
export interface Report {
  /** What ran, by name: QEMU, tools, kernels. */
  readonly versions: Readonly<Record<string, string>>
  readonly rows: readonly Row[]
}

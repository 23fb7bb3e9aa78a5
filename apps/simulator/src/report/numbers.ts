const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** A whole number with its thousands apart: 20,028. */
export function count(value: number): string {
  return grouped.format(value)
}

/** Bytes as megabytes (10^6) with one digit behind the point. */
export function megabytes(bytes: number): string {
  return bytes === 0 ? '0' : (bytes / 1e6).toFixed(1)
}

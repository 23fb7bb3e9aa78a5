/** Throws a `RangeError` for what is no port number. */
export function requirePort(port: number): void {
  if (!(Number.isInteger(port) && port >= 1 && port <= 65535)) {
    throw new RangeError(`port ${port}: an integer from 1 to 65535 is expected`)
  }
}

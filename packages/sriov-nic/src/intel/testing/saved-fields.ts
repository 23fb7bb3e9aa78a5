/** A saved state, or a part of one. */
type Part = Record<string, unknown>

/** Whether a value is a part or an item with fields of its own: columns and runs of numbers have none. */
function isPart(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isItems(value: unknown): value is Part[] {
  return Array.isArray(value) && value.length > 0 && value.every(isPart)
}

/** Names of a state's fields, with slashes; `*` stands for each item of a list. Fields inside a name of `whole` are not told apart. */
export function savedFields(state: unknown, whole: readonly string[] = []): Set<string> {
  const names = new Set<string>()
  walk(state as Part, '', whole, names)
  return names
}

function walk(part: Part, path: string, whole: readonly string[], names: Set<string>): void {
  for (const [key, value] of Object.entries(part)) {
    const name = path === '' ? key : `${path}/${key}`
    if (whole.includes(name)) names.add(name)
    else if (isPart(value)) walk(value, name, whole, names)
    else if (isItems(value)) for (const item of value) walk(item, `${name}/*`, whole, names)
    else names.add(name)
  }
}

/**
 * Makes a field of a state what it is in another: what a chip would hold that had not saved it. An item that the other does not have gets
 * a field as it is in memory that nobody has used. Returns whether that changed anything.
 */
export function forget(state: unknown, field: string, fresh: unknown): boolean {
  return put(state as Part, field.split('/'), isPart(fresh) ? fresh : {})
}

function put(part: Part, path: readonly string[], fresh: Part): boolean {
  const [key, ...rest] = path
  if (!Object.hasOwn(part, key)) return false
  const value = part[key]
  if (rest.length === 0) {
    const others = [...(key in fresh ? [fresh[key]] : []), unused(value)]
    const other = others.find((one) => JSON.stringify(one) !== JSON.stringify(value))
    if (other === undefined) return false
    part[key] = structuredClone(other)
    return true
  }
  if (isPart(value)) return put(value, rest, isPart(fresh[key]) ? fresh[key] : {})
  if (!isItems(value) || rest[0] !== '*') return false
  const others = isItems(fresh[key]) ? fresh[key] : []
  return value.map((item, n) => put(item, rest.slice(1), others.at(n) ?? {})).some(Boolean)
}

function unused(value: unknown): unknown {
  if (typeof value === 'number') return 0
  if (typeof value === 'string') return value.replace(/./g, '0')
  if (typeof value === 'boolean') return !value
  return Array.isArray(value) ? [] : value
}

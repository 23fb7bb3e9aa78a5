import { isAlias, isCollection, isMap, isNode, isScalar } from 'yaml'
import type { Document, Node } from 'yaml'

/**
 * Where in a YAML file the thing at a path stands: a map's key, a list's item, or, when it is not there, the deepest collection that
 * is. An offset in UTF-16 units, as the YAML package counts.
 */
export function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents
  let at = startOf(node)
  for (const part of path) {
    const found = step(resolve(node, document), part)
    if (found === undefined) break
    at = found.at
    node = found.value
  }
  return at
}

function resolve(node: unknown, document: Document): unknown {
  return isAlias(node) ? node.resolve(document) : node
}

function step(node: unknown, part: PropertyKey): { at: number; value: unknown } | undefined {
  if (!isCollection(node)) return undefined
  if (!isMap(node)) {
    const value: unknown = node.items[Number(part)]
    return value === undefined ? undefined : { at: startOf(value), value }
  }
  const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(part))
  return pair === undefined ? undefined : { at: startOf(pair.key), value: pair.value }
}

function startOf(node: unknown): number {
  return isNode(node) ? ((node as Node).range?.[0] ?? 0) : 0
}

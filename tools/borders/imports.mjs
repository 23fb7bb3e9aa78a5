import { readFileSync } from 'node:fs'
import ts from 'typescript'

const impureCalls = new Set(['setTimeout', 'setInterval', 'setImmediate', 'Date.now', 'performance.now', 'Math.random'])

/**
 * Reads one source file: every module it names (static, type-only and dynamic imports, re-exports, `import('x').T`) and every
 * use of the JavaScript host's clock, timers or randomness, with line numbers.
 */
export function readImports(file) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, false)
  const imports = []
  const impure = []
  const lineOf = (node) => source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1
  const name = (node) => {
    const text = node.getText(source).replace(/^globalThis\./, '')
    if (impureCalls.has(text)) impure.push({ line: lineOf(node), what: text })
    return impureCalls.has(text)
  }
  const visit = (node) => {
    const module = moduleOf(node)
    if (module !== undefined) imports.push({ line: lineOf(node), module })
    if (ts.isNewExpression(node) && node.expression.getText(source) === 'Date' && !node.arguments?.length)
      impure.push({ line: lineOf(node), what: 'new Date()' })
    if (ts.isPropertyAccessExpression(node)) return name(node) ? undefined : visit(node.expression)
    if (ts.isIdentifier(node)) name(node)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return { imports, impure }
}

function moduleOf(node) {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier?.text
  if (ts.isExternalModuleReference(node)) return node.expression.text
  if (ts.isImportTypeNode(node)) return node.argument.literal?.text
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return ts.isStringLiteralLike(node.arguments[0]) ? node.arguments[0].text : '(a computed name)'
  return undefined
}

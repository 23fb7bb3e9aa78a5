// The borders' part of the lint run: `node tools/borders/main.mjs`; `--fix` makes package.json and the build's references follow
// the imports (then install again), while a crossing stays an error.
import { fileURLToPath } from 'node:url'
import { checkBorders } from './check.mjs'
import { table } from './table.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const problems = checkBorders(root, table, { fix: process.argv.includes('--fix') })
for (const problem of problems) console.error(problem)
console.log(problems.length === 0 ? 'borders: no crossing' : `borders: ${problems.length} crossings`)
process.exitCode = problems.length === 0 ? 0 : 1

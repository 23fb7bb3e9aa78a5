import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

const globals = Object.fromEntries(
  ['Buffer', 'clearInterval', 'console', 'performance', 'process', 'setInterval', 'URL'].map((name) => [
    name,
    'readonly',
  ]),
)

export default defineConfig(
  globalIgnores(['types/', '**/dist/', '**/coverage/', '**/.turbo/', 'fixtures/', 'tools/borders/fixture/']),
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Numbers in messages are addresses, offsets and counts: they read well as they are.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-undef': 'off',
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: { globals },
  },
)

import * as effect from "@effect/eslint-plugin"
import js from "@eslint/js"
import ts from "@typescript-eslint/eslint-plugin"
import sortDestructureKeys from "eslint-plugin-sort-destructure-keys"

const barrels = ["effect", "@effect/platform", "@effect/platform-node", "@effect/sql"]

export default [
  { ignores: ["dist/", "coverage/", "**/*.md"] },
  js.configs.recommended,
  ...ts.configs["flat/recommended"],
  ...effect.configs.dprint,
  {
    plugins: { "sort-destructure-keys": sortDestructureKeys },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@effect/dprint": ["error", {
        config: {
          indentWidth: 2,
          lineWidth: 120,
          semiColons: "asi",
          quoteStyle: "alwaysDouble",
          trailingCommas: "never",
          operatorPosition: "maintain",
          "arrowFunction.useParentheses": "force"
        }
      }],
      "@typescript-eslint/array-type": ["error", { default: "generic", readonly: "generic" }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", {
        argsIgnorePattern: "^_",
        ignoreRestSiblings: true,
        varsIgnorePattern: "^_"
      }],
      "no-duplicate-imports": ["error", { allowSeparateTypeImports: true }],
      "no-restricted-syntax": ["error", {
        selector: "CallExpression[callee.property.name='push'] > SpreadElement.arguments",
        message: "A spread in push overflows the stack on a long array: use a loop"
      }],
      "object-shorthand": "error",
      "sort-destructure-keys/sort-destructure-keys": "error",
      // An Effect program says these things on purpose: namespaces beside interfaces of the same name, `interface X
      // extends Y {}` for readable types, generators without a yield, `any` in variance positions, and in a test the
      // line that must not compile.
      "@typescript-eslint/ban-ts-comment": ["error", { "ts-expect-error": false }],
      "@typescript-eslint/no-empty-object-type": "off",
      "@typescript-eslint/no-explicit-any": "off",
      "@typescript-eslint/no-namespace": "off",
      "require-yield": "off"
    }
  },
  {
    // tsc already knows every name of a .ts file; plain scripts have no such check but this one.
    files: ["**/*.mjs"],
    languageOptions: { globals: { console: "readonly", process: "readonly", URL: "readonly" } }
  },
  {
    files: ["src/**", "providers/**"],
    rules: {
      "no-console": "error",
      // One barrel import loads the whole package: a third of a second at start for @effect/platform alone.
      "no-restricted-imports": ["error", {
        paths: barrels.map((name) => ({ name, message: `Import the module itself: ${name}/<Module>` }))
      }]
    }
  }
]

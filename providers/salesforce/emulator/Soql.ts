/**
 * As much of SOQL as the Salesforce emulator reads: `SELECT fields | COUNT() FROM type [WHERE …] [ORDER BY …] [LIMIT n]
 * [OFFSET n]`, with AND, OR, NOT, the comparisons, LIKE and IN. No functions, no sub-queries, no names for dates.
 *
 * @since 0.1.0
 */
import { refuse } from "./Store.js"

export type Literal =
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "time"; readonly value: number }
  | { readonly kind: "null"; readonly value: null }

export type Comparison = "=" | "!=" | "<" | "<=" | ">" | ">=" | "LIKE" | "IN" | "NOT IN"

export type Condition =
  | { readonly _tag: "And" | "Or"; readonly all: ReadonlyArray<Condition> }
  | { readonly _tag: "Not"; readonly condition: Condition }
  | {
    readonly _tag: "Compare"
    readonly field: string
    readonly operator: Comparison
    readonly values: ReadonlyArray<Literal>
    /** Of LIKE: the text with what `%` and `_` mean in it. */
    readonly pattern: RegExp | undefined
  }

export interface Query {
  readonly fields: ReadonlyArray<string> | "count"
  readonly from: string
  readonly where: Condition | undefined
  readonly orderBy: ReadonlyArray<{ readonly field: string; readonly descending: boolean; readonly nullsLast: boolean }>
  readonly limit: number | undefined
  readonly offset: number
}

interface Token {
  readonly kind: "word" | "text" | "number" | "time" | "sign"
  readonly text: string
}

const malformed = (message: string) => refuse(400, "MALFORMED_QUERY", message)

const tokenPattern =
  /\s*(?:(?<text>'(?:[^'\\]|\\.)*')|(?<time>\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:?\d{2}))?)|(?<number>[+-]?\d+(?:\.\d+)?)|(?<word>[A-Za-z]\w*(?:\.[A-Za-z]\w*)*)|(?<sign><=|>=|!=|<>|[=<>(),]))/y

const tokensOf = (soql: string): ReadonlyArray<Token> => {
  const tokens: Array<Token> = []
  const pattern = new RegExp(tokenPattern)
  const text = soql.trimEnd()
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex
    const groups = pattern.exec(text)?.groups
    const found = Object.entries(groups ?? {}).find(([, value]) => value !== undefined)
    if (found === undefined) throw malformed(`unexpected token: ${text.slice(at, at + 20).trim()}`)
    // the groups of the pattern are the kinds
    tokens.push({ kind: found[0] as Token["kind"], text: found[1] })
  }
  return tokens
}

const plain: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" }

/** Without its quotes; what a backslash stands before is itself, but for a few. */
const unquoted = (text: string): string =>
  text.slice(1, -1).replace(/\\(u[0-9A-Fa-f]{4}|.)/gs, (_, escape: string) =>
    escape.length === 5
      ? String.fromCharCode(Number.parseInt(escape.slice(1), 16))
      : plain[escape.toLowerCase()] ?? escape)

const special = /[.*+?^${}()|[\]\\/]/

const likeOf = (text: string): RegExp => {
  const pattern = text.slice(1, -1).replace(/\\(.)|([\s\S])/g, (_, escape?: string, one?: string) => {
    if (one === "%") return "[\\s\\S]*"
    if (one === "_") return "[\\s\\S]"
    const character = one ?? plain[escape ?? ""] ?? escape ?? ""
    return special.test(character) ? `\\${character}` : character
  })
  return new RegExp(`^${pattern}$`, "iu")
}

/** Reads one query. */
class Parser {
  #at = 0
  constructor(readonly tokens: ReadonlyArray<Token>) {}

  query(): Query {
    this.#expect("SELECT")
    const fields = this.#selection()
    this.#expect("FROM")
    const from = this.#word()
    const where = this.#accept("WHERE") ? this.#or() : undefined
    const orderBy = this.#accept("ORDER") ? this.#order() : []
    const limit = this.#accept("LIMIT") ? this.#whole() : undefined
    const offset = this.#accept("OFFSET") ? this.#whole() : 0
    const rest = this.tokens[this.#at]
    if (rest !== undefined) throw malformed(`unexpected token: ${rest.text}`)
    if (offset > 2000) {
      throw refuse(400, "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
    }
    return { fields, from, where, orderBy, limit, offset }
  }

  #selection(): Query["fields"] {
    const first = this.#word()
    if (first.toUpperCase() === "COUNT" && this.#accept("(")) {
      this.#expect(")")
      return "count"
    }
    const fields = [first]
    while (this.#accept(",")) fields.push(this.#word())
    return fields
  }

  #order(): Query["orderBy"] {
    this.#expect("BY")
    const all: Array<Query["orderBy"][number]> = []
    do {
      const field = this.#word()
      const descending = this.#accept("DESC")
      if (!descending) this.#accept("ASC")
      const nullsLast = this.#accept("NULLS") && (this.#accept("LAST") || (this.#expect("FIRST"), false))
      all.push({ field, descending, nullsLast })
    } while (this.#accept(","))
    return all
  }

  #or(): Condition {
    const all = [this.#and()]
    while (this.#accept("OR")) all.push(this.#and())
    return all.length === 1 && all[0] !== undefined ? all[0] : { _tag: "Or", all }
  }

  #and(): Condition {
    const all = [this.#not()]
    while (this.#accept("AND")) all.push(this.#not())
    return all.length === 1 && all[0] !== undefined ? all[0] : { _tag: "And", all }
  }

  #not(): Condition {
    if (this.#accept("NOT")) return { _tag: "Not", condition: this.#not() }
    if (this.#accept("(")) {
      const condition = this.#or()
      this.#expect(")")
      return condition
    }
    return this.#compare()
  }

  #compare(): Condition {
    const field = this.#word()
    const sign = this.#next().text.toUpperCase()
    switch (sign) {
      case "=":
      case "!=":
      case "<":
      case "<=":
      case ">":
      case ">=":
        return { _tag: "Compare", field, operator: sign, values: [this.#literal()], pattern: undefined }
      case "<>":
        return { _tag: "Compare", field, operator: "!=", values: [this.#literal()], pattern: undefined }
      case "LIKE": {
        const token = this.#next()
        if (token.kind !== "text") throw malformed(`unexpected token: ${token.text}`)
        return { _tag: "Compare", field, operator: "LIKE", values: [], pattern: likeOf(token.text) }
      }
      case "NOT":
        this.#expect("IN")
        return { _tag: "Compare", field, operator: "NOT IN", values: this.#list(), pattern: undefined }
      case "IN":
        return { _tag: "Compare", field, operator: "IN", values: this.#list(), pattern: undefined }
    }
    throw malformed(`unexpected token: ${sign}`)
  }

  #list(): ReadonlyArray<Literal> {
    this.#expect("(")
    const values = [this.#literal()]
    while (this.#accept(",")) values.push(this.#literal())
    this.#expect(")")
    return values
  }

  #literal(): Literal {
    const token = this.#next()
    switch (token.kind) {
      case "text":
        return { kind: "text", value: unquoted(token.text) }
      case "number":
        return { kind: "number", value: Number(token.text) }
      case "time":
        return { kind: "time", value: Date.parse(token.text) }
    }
    switch (token.text.toUpperCase()) {
      case "TRUE":
        return { kind: "boolean", value: true }
      case "FALSE":
        return { kind: "boolean", value: false }
      case "NULL":
        return { kind: "null", value: null }
    }
    throw malformed(`unexpected token: ${token.text}`)
  }

  #next(): Token {
    const token = this.tokens[this.#at++]
    if (token === undefined) throw malformed("unexpected end of the query")
    return token
  }

  #word(): string {
    const token = this.#next()
    if (token.kind !== "word") throw malformed(`unexpected token: ${token.text}`)
    return token.text
  }

  #whole(): number {
    const token = this.#next()
    if (token.kind !== "number" || !/^\d+$/.test(token.text)) throw malformed(`unexpected token: ${token.text}`)
    return Number(token.text)
  }

  #accept(text: string): boolean {
    const token = this.tokens[this.#at]
    if (token === undefined || token.kind === "text" || token.text.toUpperCase() !== text) return false
    this.#at++
    return true
  }

  #expect(text: string): void {
    if (!this.#accept(text)) throw malformed(`expecting ${text}, found ${this.tokens[this.#at]?.text ?? "the end"}`)
  }
}

export const parse = (soql: string): Query => new Parser(tokensOf(soql)).query()

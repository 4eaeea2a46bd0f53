/** Numbers for JSON nodes: the same one for those that mean the same. Each node is looked at once, however often it is asked for. */
import { valueText } from './decimal.ts'
import { isArray, isObject, type JsonNode, JsonNumber } from './json-node.ts'

export class Sameness {
  readonly #byNode = new Map<JsonNode, number>()
  readonly #byContent = new Map<string, number>()

  numberOf(node: JsonNode): number {
    if (node === null || typeof node !== 'object') return this.#intern(JSON.stringify(node))
    const known = this.#byNode.get(node)
    if (known !== undefined) return known
    const found = this.#intern(this.#content(node))
    this.#byNode.set(node, found)
    return found
  }

  /** In the numbers of its parts. */
  #content(node: JsonNode): string {
    if (node instanceof JsonNumber) return `#${valueText(node.source)}`
    if (isArray(node)) return `[${node.map((item) => this.numberOf(item)).join()}]`
    if (!isObject(node)) return JSON.stringify(node)
    const members = [...node].map(([key, value]) => `${JSON.stringify(key)}:${this.numberOf(value)}`)
    return `{${members.sort().join()}}`
  }

  #intern(content: string): number {
    const known = this.#byContent.get(content)
    if (known !== undefined) return known
    this.#byContent.set(content, this.#byContent.size)
    return this.#byContent.size - 1
  }
}

/** Why schemas do not go together, in lines for people. Registries tell it in a form of their own, which is nearly JSON. */
import { printable } from '../table.ts'

/** A message may have the whole of a schema in it. */
const messageLengthMax = 1000

/** Each ends with a line feed. */
export function problemLines(messages: readonly string[]): string {
  return messages.map((it) => lineOf(it.trim())).join('')
}

function lineOf(message: string): string {
  // Whoever asks has it, and it is long.
  if (/^\{oldSchema:/.test(message)) return ''
  const line = printable(plain(message).replace(/\s*\n\s*/g, ' '))
  return `  ${line.length > messageLengthMax ? `${line.slice(0, messageLengthMax)}...` : line}\n`
}

const problem =
  /^\{errorType:\s*['"](\w+)['"],\s*description:\s*['"](.*?)['"](?:,\s*additionalInfo:\s*['"](.*)['"])?\}$/s

function plain(message: string): string {
  const [, type, description = '', more = ''] = problem.exec(message) ?? []
  if (type !== undefined) return `${type}: ${description}${description.includes(more) ? '' : ` (${more})`}`
  const [, version] = /^\{oldSchemaVersion:\s*(\d+)\}$/.exec(message) ?? []
  if (version !== undefined) return `compared with version ${version}`
  const [, level] = /^\{(?:.*,\s*)?compatibility:\s*['"](\w+)['"]\}$/.exec(message) ?? []
  return level === undefined ? message : `compatibility: ${level}`
}

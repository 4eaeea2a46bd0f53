/** Topics by a regular expression, as the flags of Kafka's tools name them: the whole name, and a comma for "or". */
import { ToolError } from './tool.ts'

/** Throws ToolError for what is no regular expression. */
export function includeList(text: string): (name: string) => boolean {
  const pattern = text
    .trim()
    .replaceAll(',', '|')
    .replaceAll(' ', '')
    .replace(/^["']+|["']+$/g, '')
  try {
    const expression = new RegExp(`^(?:${pattern})$`, 'u')
    return (name) => expression.test(name)
  } catch (error) {
    if (error instanceof SyntaxError) throw new ToolError(`${pattern} is an invalid regex.`)
    throw error
  }
}

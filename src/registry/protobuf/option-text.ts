/** Options as they are written. */
import type { Option, OptionNamePart, OptionValue } from './model.ts'
import { escapedText } from './string-literal.ts'
import type { TextWriter } from './text-writer.ts'

function optionName(name: readonly OptionNamePart[]): string {
  return name.map((part) => (part.isExtension ? `(${part.name})` : part.name)).join('.')
}

/** `option a = 1;`, one a line. */
export function writeOptionStatements(writer: TextWriter, options: readonly Option[]): void {
  for (const option of options) {
    writer.text('option ')
    writeOption(writer, option)
    writer.line(';')
  }
}

/** ` [a = 1]`, or one a line where there are several; nothing where there is none. */
export function writeFieldOptions(writer: TextWriter, options: readonly Option[]): void {
  const [only] = options
  if (only === undefined) return
  if (options.length === 1) {
    writer.text(' [')
    writeOption(writer, only)
    writer.text(']')
    return
  }
  writer.line(' [')
  writer.indented(() => {
    for (const [index, option] of options.entries()) {
      writeOption(writer, option)
      writer.line(index < options.length - 1 ? ',' : '')
    }
  })
  writer.text(']')
}

function writeOption(writer: TextWriter, option: Option): void {
  writer.text(`${optionName(option.name)} = `)
  const { value } = option
  const only = value.kind === 'list' && value.values.length === 1 ? value.values[0] : undefined
  if (only === undefined) writeValue(writer, value)
  else {
    writer.text('[')
    writeValue(writer, only)
    writer.text(']')
  }
}

function writeValue(writer: TextWriter, value: OptionValue): void {
  switch (value.kind) {
    case 'string':
      writer.text(`"${escapedText(value.text, value.isBinary)}"`)
      break
    case 'list':
      writer.line('[')
      writer.indented(() => {
        for (const [index, element] of value.values.entries()) {
          writeValue(writer, element)
          writer.line(index < value.values.length - 1 ? ',' : '')
        }
      })
      writer.text(']')
      break
    case 'map':
      writer.line('{')
      writer.indented(() => {
        let left = value.entries.size
        for (const [key, element] of value.entries) {
          writer.text(`${key}: `)
          writeValue(writer, element)
          writer.line(--left > 0 ? ',' : '')
        }
      })
      writer.text('}')
      break
    default:
      writer.text(value.text)
  }
}

/** Whether a document is valid under a schema. Keys (`unique`, `key`, `keyref`) are not looked at; IDs and references to them are. */
import type { ParsedSchema } from '../formats/format.ts'
import type { SchemaModel } from './components.ts'
import { ContentModels, leafKey } from './content-model.ts'
import { DocumentCheck } from './document-check.ts'
import { BudgetError, Expressions } from './expression.ts'
import { XmlSchema } from './xml-schema.ts'
import { readXml, type XmlElement, XmlError } from './xml-tree.ts'

/** Of the steps of automata: those of one document, and those that are kept for the next ones. */
const stepsMax = 4_000_000
const keptMax = 100_000

/** What was made out for documents before. */
const kept = new WeakMap<SchemaModel, ContentModels>()

/** Each says where and what; empty: the document is valid. */
export function documentErrors(schema: ParsedSchema, text: string): readonly string[] {
  if (!(schema instanceof XmlSchema)) return [`a schema of the format ${schema.type} says nothing of XML`]
  try {
    const root = readXml(text)
    return errorsOf(schema.model, root)
  } catch (error) {
    if (error instanceof XmlError) return [error.message]
    throw error
  }
}

function errorsOf(model: SchemaModel, root: XmlElement): readonly string[] {
  const before = kept.get(model)
  const isFull = before === undefined || before.expressions.size > keptMax
  const models = isFull ? new ContentModels(new Expressions(leafKey, stepsMax), model.substitutes) : before
  kept.set(model, models)
  try {
    return new DocumentCheck(model, models).errors(root)
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error
    kept.delete(model)
    return ['the document takes too long to check: its content models have too many states']
  }
}

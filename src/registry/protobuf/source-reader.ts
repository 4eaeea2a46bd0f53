/** The files of one schema, each behind those that it imports: texts, and descriptors in base64. */
import { InvalidSchemaError } from '../formats/format.ts'
import { DescriptorReader } from './descriptor-reader.ts'
import { parseFile } from './file-parser.ts'
import type { ProtoFile } from './model.ts'

export class SourceReader {
  readonly #files: ProtoFile[] = []
  /** Made where the first text is no text: most schemas need none. */
  #descriptors: DescriptorReader | undefined

  /** Throws InvalidSchemaError, which says what is wrong with the text: few mean base64. */
  file(text: string): ProtoFile {
    const file = this.#read(text)
    this.#files.push(file)
    this.#descriptors?.add(file)
    return file
  }

  #read(text: string): ProtoFile {
    try {
      return parseFile(text)
    } catch (error) {
      if (!(error instanceof InvalidSchemaError)) throw error
      const file = this.#allDescriptors().file(text)
      if (file === undefined) throw error
      return file
    }
  }

  #allDescriptors(): DescriptorReader {
    if (this.#descriptors !== undefined) return this.#descriptors
    const descriptors = new DescriptorReader()
    for (const file of this.#files) descriptors.add(file)
    this.#descriptors = descriptors
    return descriptors
  }
}

/** Names in paths. */
import { type Described, number, string } from './operation.ts'

interface PathParameter {
  readonly description: string
  readonly schema: Described
}

const of: Readonly<Record<string, PathParameter>> = {
  subject: {
    description:
      'Its name; `:.context:name` in a context. Where something is set, `:.context:` stands for the context as a whole.',
    schema: string,
  },
  version: {
    description: 'Its number, or `latest`, which -1 stands for, too.',
    schema: { anyOf: [number, { const: 'latest' }] },
  },
  id: { description: 'Of a schema.', schema: number },
  guid: { description: 'Of a schema.', schema: { type: 'string', format: 'uuid' } },
  context: { description: 'With the dot in front, or without.', schema: string },
}

/** In the order in which they stand in the path. */
export const pathParameters = (path: string): readonly Described[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({ name, in: 'path', required: true, ...of[name] }))

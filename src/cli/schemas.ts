/** `odradek schemas`: what a schema registry holds, and changing it; any that has the REST interface of Confluent's. */
import type { ProcessContext } from './process-context.ts'
import { registryFlagsText } from './registry-client/registry-flags.ts'
import { type Action, runActions } from './schemas/actions.ts'
import { check, register, remove } from './schemas/changes.ts'
import { exportAll } from './schemas/exporting.ts'
import { importAll } from './schemas/importing.ts'
import { list, versions } from './schemas/listing.ts'
import { config, mode } from './schemas/settings.ts'
import { diff, show } from './schemas/showing.ts'

export const usage = `Usage: odradek schemas list [flags]
       odradek schemas show SUBJECT[@VERSION] | --id N | --guid GUID [flags]
       odradek schemas versions SUBJECT [flags]
       odradek schemas register SUBJECT FILE [flags]
       odradek schemas check SUBJECT FILE [flags]
       odradek schemas diff SUBJECT VERSION VERSION [flags]
       odradek schemas delete SUBJECT[@VERSION] [flags]
       odradek schemas config [SUBJECT] [flags]
       odradek schemas mode [SUBJECT] [flags]
       odradek schemas export DIRECTORY [flags]
       odradek schemas import DIRECTORY [flags]

VERSION is a number, or latest, which is also meant where none is named, except by delete: that takes all. FILE may be -, the
standard input. A subject in a context is called :.context:name.

check     ends in exit code 1 where the schema does not go together with those that are there, and says why.
config    tells which schemas may follow one another, mode who may write: for a subject, or for all.
export    writes each version of each subject into a directory of its own, softly deleted ones too, and those that they refer to.
import    registers what is there with the same ids and versions, in a registry without schemas. For that time its mode is IMPORT.

  --prefix TEXT            list, export: subjects whose names begin so
  --deleted                list, versions, show: what is deleted softly as well
  --id N, --guid GUID      show: the schema with this id, or GUID
  --raw                    show: the text of the schema as it is, and nothing else
  --type TYPE              register, check: AVRO, JSON, PROTOBUF or XML; else by the ending of FILE: .avsc .avro .json .jsonschema
                           .proto .xsd
  --reference NAME=SUBJECT[@VERSION]
                           register, check: what the schema calls NAME; may be repeated
  --normalize              register, check: what means the same is one schema
  --against VERSION|all    check: with this version, or with each; else with those that registering compares it with
  --permanent              delete: for good, softly first; who has the id cannot read with it any more
  --set VALUE              config: BACKWARD, FORWARD, FULL, each also with _TRANSITIVE, or NONE; mode: READWRITE, READONLY or IMPORT
  --unset                  config, mode: nothing is set any more
  --force                  mode: IMPORT also where there are schemas
  --merge                  import: also where there are schemas; one that is there already stays, and another one in its place,
                           or with its id, is refused before anything is changed
  --json                   for programs: one value in a line
${registryFlagsText}  --help, -h               print this text
`

const flags = {
  prefix: { type: 'string' },
  deleted: { type: 'boolean' },
  id: { type: 'string' },
  guid: { type: 'string' },
  raw: { type: 'boolean' },
  type: { type: 'string' },
  reference: { type: 'string', multiple: true },
  normalize: { type: 'boolean' },
  against: { type: 'string' },
  permanent: { type: 'boolean' },
  set: { type: 'string' },
  unset: { type: 'boolean' },
  force: { type: 'boolean' },
  merge: { type: 'boolean' },
} as const

const schemaFlags = ['type', 'reference', 'normalize']
const actions: Readonly<Record<string, Action>> = {
  list: { names: [0, 0], flags: ['prefix', 'deleted'], run: list },
  show: { names: [0, 1], flags: ['id', 'guid', 'raw', 'deleted'], run: show },
  versions: { names: [1, 1], flags: ['deleted'], run: versions },
  register: { names: [2, 2], flags: schemaFlags, run: register },
  check: { names: [2, 2], flags: [...schemaFlags, 'against'], run: check },
  diff: { names: [3, 3], run: diff },
  delete: { names: [1, 1], flags: ['permanent'], run: remove },
  config: { names: [0, 1], flags: ['set', 'unset'], run: config },
  mode: { names: [0, 1], flags: ['set', 'unset', 'force'], run: mode },
  export: { names: [1, 1], flags: ['prefix'], run: exportAll },
  import: { names: [1, 1], flags: ['merge'], run: importAll },
}

export const run = (args: readonly string[], context: ProcessContext): Promise<number> =>
  runActions({ name: 'schemas', usage, flags, actions }, args, context)

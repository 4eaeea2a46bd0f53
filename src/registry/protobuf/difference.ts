/** The kinds of differences between two schemas, in the words of Confluent's registry, and which of them hinder a reader. */
export type DifferenceKind =
  | 'PACKAGE_CHANGED'
  | 'MESSAGE_ADDED'
  | 'MESSAGE_REMOVED'
  | 'MESSAGE_MOVED'
  | 'ENUM_ADDED'
  | 'ENUM_REMOVED'
  | 'ENUM_CONST_ADDED'
  | 'ENUM_CONST_CHANGED'
  | 'ENUM_CONST_REMOVED'
  | 'FIELD_ADDED'
  | 'FIELD_REMOVED'
  | 'FIELD_NAME_CHANGED'
  | 'FIELD_KIND_CHANGED'
  | 'FIELD_SCALAR_KIND_CHANGED'
  | 'FIELD_NAMED_TYPE_CHANGED'
  | 'FIELD_NUMERIC_LABEL_CHANGED'
  | 'FIELD_STRING_OR_BYTES_LABEL_CHANGED'
  | 'REQUIRED_FIELD_ADDED'
  | 'REQUIRED_FIELD_REMOVED'
  | 'ONEOF_ADDED'
  | 'ONEOF_REMOVED'
  | 'ONEOF_FIELD_ADDED'
  | 'ONEOF_FIELD_REMOVED'
  | 'ONEOF_FIELD_MOVED_TO_TOP_LEVEL'
  | 'MULTIPLE_FIELDS_MOVED_TO_ONEOF'
  | 'FIELD_MOVED_TO_EXISTING_ONEOF'

export interface Difference {
  readonly kind: DifferenceKind
  /** `#/Order/Line/3`: messages, a oneof where there is one, and the number of a field or a constant. */
  readonly path: string
}

/** What is wrong with it, to which the path is added; where none is said, the difference hinders nobody. */
const COMPLAINTS: ReadonlyMap<DifferenceKind, string> = new Map([
  ['PACKAGE_CHANGED', 'the package is not the one that it was'],
  ['MESSAGE_REMOVED', 'the message is no longer there'],
  ['FIELD_KIND_CHANGED', 'the field was one of a scalar, a message and a map, and is now another one of them'],
  ['FIELD_SCALAR_KIND_CHANGED', 'the type of the field is written in another way than the one that it had'],
  [
    'FIELD_NAMED_TYPE_CHANGED',
    'the message type of the field is not the one that it was, or is not compatible with it',
  ],
  ['FIELD_NUMERIC_LABEL_CHANGED', 'the label of the numeric field is not the one that it was'],
  ['REQUIRED_FIELD_ADDED', 'the required field is new: what was written before lacks it'],
  ['REQUIRED_FIELD_REMOVED', 'the required field is no longer there'],
  ['ONEOF_FIELD_REMOVED', 'the field is no longer in its oneof, nor elsewhere in the message'],
  ['MULTIPLE_FIELDS_MOVED_TO_ONEOF', 'several fields that could be set together are now in one oneof'],
  ['FIELD_MOVED_TO_EXISTING_ONEOF', 'a field was moved into a oneof that was there before'],
])

export function complaint(difference: Difference): string | undefined {
  return COMPLAINTS.get(difference.kind)
}

/**
 * Payloads of Protobuf that no one writes today and each has to read, or that one schema wrote and another reads: what Google's Protobuf for
 * Python makes of them, in its exact form, and what we do. Where the two differ it is said why.
 */

export interface Edge {
  readonly what: string
  readonly syntax: 'proto2' | 'proto3'
  /** Of the file behind its package, which is `edge`, without its first message. */
  readonly more?: string
  /** The fields of its first message, `M`. */
  readonly fields: string
  readonly payload: string
  /** Undefined: an error. */
  readonly python: object | undefined
  /** By `longs: 'bigint'`. */
  readonly ours: object | undefined
}

export const edges: readonly Edge[] = [
  {
    ...{ what: 'parts of a message are put together', syntax: 'proto3', payload: '0a0208010a0410021803' },
    fields: 'N n = 1; message N { int32 a = 1; int32 b = 2; repeated int32 c = 3; }',
    ...{ python: { n: { a: 1, b: 2, c: [3] } }, ours: { n: { a: 1, b: 2, c: [3] } } },
  },
  {
    ...{ what: 'of a oneof the last one counts', syntax: 'proto3', payload: '0801120178' },
    fields: 'oneof o { int32 a = 1; string b = 2; }',
    ...{ python: { b: 'x' }, ours: { b: 'x' } },
  },
  {
    ...{ what: 'of a field the last one counts', syntax: 'proto3', payload: '08010802', fields: 'int32 a = 1;' },
    ...{ python: { a: 2 }, ours: { a: 2 } },
  },
  {
    ...{ what: '32 bits are the lower ones', syntax: 'proto3' },
    fields: 'int32 a = 1; uint32 b = 2; sint32 c = 3; int32 d = 4;',
    payload: '08ffffffffff0110ffffffffff0118ffffffffff0120ffffffff0f',
    python: { a: -1, b: 4_294_967_295, c: -2_147_483_648, d: -1 },
    ours: { a: -1, b: 4_294_967_295, c: -2_147_483_648, d: -1 },
  },
  {
    ...{ what: 'any number but zero is true', syntax: 'proto3', payload: '0880808080808001', fields: 'bool a = 1;' },
    ...{ python: { a: true }, ours: { a: true } },
  },
  {
    ...{ what: 'packed or not, and both', syntax: 'proto3', payload: '0a02010208031202010510018000'.slice(0, 24) },
    fields: 'repeated sint64 a = 1; repeated E e = 2; enum E { A = 0; B = 1; }',
    ...{ python: { a: ['-1', '1', '-2'], e: [1, 5, 1] }, ours: { a: [-1n, 1n, -2n], e: ['B', 5, 'B'] } },
  },
  {
    ...{
      what: 'an unknown number of a closed enum is as good as nothing',
      syntax: 'proto2',
      payload: '0807100110071001',
    },
    fields: 'optional E e = 1; repeated E f = 2; enum E { A = 1; }',
    ...{ python: { f: [1, 1] }, ours: { f: ['A', 'A'] } },
  },
  {
    ...{ what: 'so it is in a map', syntax: 'proto2', payload: '0a04080110070a0408021000' },
    fields: 'map<int32, E> e = 1; enum E { A = 0; }',
    ...{ python: { e: { 2: 0 } }, ours: { e: { 2: 'A' } } },
  },
  {
    ...{ what: 'entries of maps without a key or a value', syntax: 'proto3', payload: '0a0012001a0022002a003200' },
    fields: `map<string, int32> a = 1; map<int32, N> b = 2; map<int64, bytes> c = 3; map<bool, string> d = 4; map<string, E> e = 5;
      map<fixed64, int32> f = 6; message N { int32 x = 1; } enum E { A = 0; B = 1; }`,
    python: { a: { '': 0 }, b: { 0: {} }, c: { 0: '' }, d: { false: '' }, e: { '': 0 }, f: { 0: 0 } },
    ours: {
      ...{ a: { '': 0 }, b: { 0: { x: 0 } }, c: { 0: Buffer.alloc(0) }, d: { false: '' }, e: { '': 'A' }, f: { 0: 0 } },
    },
  },
  {
    ...{ what: 'the last entry of a key counts, and the value may come first', syntax: 'proto3' },
    ...{ fields: 'map<string, int32> a = 1;', payload: '0a050a017810010a0510020a0178' },
    ...{ python: { a: { x: 2 } }, ours: { a: { x: 2 } } },
  },
  {
    ...{ what: 'fields that the reader does not know, groups among them', syntax: 'proto3', fields: 'int32 a = 1;' },
    ...{ payload: '2b08012c0801120178190000000000000000', python: { a: 1 }, ours: { a: 1 } },
  },
  {
    ...{ what: 'a field that was written as another kind', syntax: 'proto3', payload: '0a017810051801' },
    fields: 'int32 a = 1; string b = 2; int32 c = 3;',
    ...{ python: { c: 1 }, ours: { a: 0, b: '', c: 1 } },
  },
  {
    ...{ what: 'extensions: by their whole names, with a dot before', syntax: 'proto2' },
    ...{ fields: 'optional int32 a = 1; extensions 100 to 200;', payload: '0801a2060178aa06020102' },
    more: 'extend M { optional string note = 100; repeated int32 more = 101 [packed = true]; }',
    python: { a: 1, '[edge.note]': 'x', '[edge.more]': [1, 2] },
    ours: { a: 1, '.edge.note': 'x', '.edge.more': [1, 2] },
  },
  {
    ...{ what: 'a default stands for nothing in a payload, and is not told', syntax: 'proto2', payload: '' },
    ...{ fields: 'optional int32 a = 1 [default = 5];', python: {}, ours: {} },
  },
  {
    ...{ what: 'a text that is no UTF-8', syntax: 'proto3', payload: '0a02ff41', fields: 'string a = 1;' },
    ...{ python: undefined, ours: undefined },
  },
  {
    // Proto2 lets it be. Python hands out bytes; in JavaScript no text can hold it, so that a sign stands for it.
    ...{ what: 'a text that is no UTF-8, in proto2', syntax: 'proto2', payload: '0a02ff41' },
    ...{ fields: 'optional string a = 1;', python: { a: 'ff41' }, ours: { a: '\ufffdA' } },
  },
  {
    // Python leaves it to the caller to ask whether all is there. Java and C++ refuse it, as we do.
    ...{ what: 'what is required is not there', syntax: 'proto2', payload: '1001' },
    ...{ fields: 'required int32 a = 1; optional int32 b = 2;', python: { b: 1 }, ours: undefined },
  },
  {
    ...{ what: 'no field has the number zero', syntax: 'proto3', payload: '0005', fields: 'int32 a = 1;' },
    ...{ python: undefined, ours: undefined },
  },
  {
    ...{ what: 'the end of a group that did not begin', syntax: 'proto3', payload: '0c', fields: 'int32 a = 1;' },
    ...{ python: undefined, ours: undefined },
  },
  {
    ...{ what: 'an integer of eleven bytes', syntax: 'proto3', payload: '08ffffffffffffffffffff01' },
    ...{ fields: 'uint64 a = 1;', python: undefined, ours: undefined },
  },
  {
    ...{ what: 'a text that is cut off', syntax: 'proto3', payload: '0a0561', fields: 'string a = 1;' },
    ...{ python: undefined, ours: undefined },
  },
]

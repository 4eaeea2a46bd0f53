/**
 * The parts of the types of two registry clients that the suites use. Declared here, since the packages are installed by the runner
 * only, and the types must be checked without them.
 */
declare module '@kafkajs/confluent-schema-registry' {
  interface RegistryClient {
    register(
      schema: { readonly type: string; readonly schema: string },
      options: { readonly subject: string },
    ): Promise<{ readonly id: number }>
    encode(id: number, value: unknown): Promise<Buffer>
    decode(bytes: Buffer): Promise<unknown>
    getLatestSchemaId(subject: string): Promise<number>
    getRegistryId(subject: string, version: number): Promise<number>
  }
  /** CommonJS. */
  const all: { readonly SchemaRegistry: new (options: { readonly host: string }) => RegistryClient }
  export default all
}

declare module '@confluentinc/schemaregistry' {
  interface Given {
    readonly schemaType: string
    readonly schema: string
  }
  interface Client {
    register(subject: string, schema: Given): Promise<number>
    getAllVersions(subject: string): Promise<number[]>
    getLatestSchemaMetadata(subject: string): Promise<{ readonly id: number; readonly version: number }>
    getAllSubjects(): Promise<string[]>
    getId(subject: string, schema: Given): Promise<number>
    testSubjectCompatibility(subject: string, schema: Given): Promise<boolean>
    updateCompatibility(subject: string, level: string): Promise<string>
    getCompatibility(subject: string): Promise<string>
    deleteSubject(subject: string, permanent?: boolean): Promise<number[]>
  }
  interface Options {
    readonly useLatestVersion?: boolean
    readonly autoRegisterSchemas?: boolean
  }
  type Serializer = new (
    client: Client,
    type: string,
    options: Options,
  ) => { serialize(topic: string, value: unknown): Promise<Buffer> }
  type Deserializer = new (
    client: Client,
    type: string,
    options: Options,
  ) => { deserialize(topic: string, bytes: Buffer): Promise<unknown> }
  /** CommonJS. */
  const all: {
    readonly SchemaRegistryClient: new (options: { readonly baseURLs: readonly string[] }) => Client
    readonly AvroSerializer: Serializer
    readonly AvroDeserializer: Deserializer
    readonly JsonSerializer: Serializer
    readonly JsonDeserializer: Deserializer
    readonly SerdeType: { readonly VALUE: string }
  }
  export default all
}

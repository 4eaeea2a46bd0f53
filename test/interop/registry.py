"""confluent-kafka's schema registry client and serdes, for the interop suites. One command a run; JSON lines on standard output.

write: one record each of Avro, JSON Schema and Protobuf; read: what others wrote there; calls: what the client asks of a registry.
"""
import argparse
import json
import time

from confluent_kafka import Consumer, Producer
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

parser = argparse.ArgumentParser()
parser.add_argument("command")
parser.add_argument("--bootstrap", required=True)
parser.add_argument("--url", required=True)
parser.add_argument("--topic", required=True)
parser.add_argument("--avro", default="")
parser.add_argument("--json", default="")
options = parser.parse_args()
client = SchemaRegistryClient({"url": options.url})


def say(**fields):
    print(json.dumps(fields), flush=True)


def message_class():
    """Of `message Order { int64 id = 1; string item = 2; }` in package shop, as protoc would make it."""
    file = descriptor_pb2.FileDescriptorProto(name="order.proto", package="shop", syntax="proto3")
    message = file.message_type.add(name="Order")
    kinds = descriptor_pb2.FieldDescriptorProto
    message.field.add(name="id", number=1, type=kinds.TYPE_INT64, label=kinds.LABEL_OPTIONAL)
    message.field.add(name="item", number=2, type=kinds.TYPE_STRING, label=kinds.LABEL_OPTIONAL)
    pool = descriptor_pool.Default()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("shop.Order"))


Order = message_class()
topics = {name: f"{options.topic}-{name}" for name in ("avro", "json", "protobuf")}
value = {"id": 7, "item": "from python"}


def serializers():
    return {
        "avro": (AvroSerializer(client, options.avro), value),
        "json": (JSONSerializer(options.json, client), value),
        "protobuf": (ProtobufSerializer(Order, client, {"use.deprecated.format": False}), Order(**value)),
    }


def deserializers():
    return {
        "avro": AvroDeserializer(client, options.avro),
        "json": JSONDeserializer(options.json),
        "protobuf": ProtobufDeserializer(Order, {"use.deprecated.format": False}),
    }


if options.command == "write":
    producer = Producer({"bootstrap.servers": options.bootstrap})
    for name, (serialize, given) in serializers().items():
        context = SerializationContext(topics[name], MessageField.VALUE)
        producer.produce(topics[name], value=serialize(given, context))
    producer.flush(30)
elif options.command == "read":
    consumer = Consumer({"bootstrap.servers": options.bootstrap, "group.id": options.topic, "auto.offset.reset": "earliest"})
    consumer.subscribe(list(topics.values()))
    of = deserializers()
    left = set(topics)
    end = time.monotonic() + 40
    while left and time.monotonic() < end:
        message = consumer.poll(0.5)
        if message is None or message.error():
            continue
        name = next(key for key, topic in topics.items() if topic == message.topic())
        read = of[name](message.value(), SerializationContext(message.topic(), MessageField.VALUE))
        fields = json_format.MessageToDict(read, preserving_proto_field_name=True) if name == "protobuf" else read
        say(format=name, id=int(fields["id"]), item=fields["item"])
        left.discard(name)
    consumer.close()
elif options.command == "calls":
    subject = f"{options.topic}-calls"
    schema = Schema(options.avro, "AVRO")
    schema_id = client.register_schema(subject, schema)
    latest = client.get_latest_version(subject)
    say(
        same=latest.schema_id == schema_id,
        version=latest.version,
        versions=client.get_versions(subject),
        listed=subject in client.get_subjects(),
        compatible=client.test_compatibility(subject, schema),
        found=client.lookup_schema(subject, schema).schema_id == schema_id,
    )
    client.set_compatibility(subject_name=subject, level="FULL")
    say(level=client.get_compatibility(subject))
    try:
        client.register_schema(subject, Schema('{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"x","type":"int"}]}', "AVRO"))
    except SchemaRegistryError as error:
        say(status=error.http_status_code, code=error.error_code)
    say(soft=client.delete_subject(subject), hard=client.delete_subject(subject, permanent=True))
    try:
        # A client remembers what it was told.
        SchemaRegistryClient({"url": options.url}).get_latest_version(subject)
    except SchemaRegistryError as error:
        say(status=error.http_status_code, code=error.error_code)

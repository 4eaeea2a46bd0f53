"""Messages by protoc and Google's Protobuf for Python, for the interop suites. On standard input is a list of questions in JSON: {"files":
texts by name, "main": the one with the message, "message": its full name, "values", "payloads": by others}. The answer is a list of
{"payloads": of the values; "counted": the same; "read": of the payloads, [value] each, or {"error"}; "descriptor": of the file, in base64}.

A payload has before it where in its file the message is, as Confluent's client for Python writes and reads it. That counts the messages which
stand for maps and groups; only in "counted" they are, as goes with the descriptor, and else they are not, as goes with the text.

Values are exact: 64 bits are a string of digits, a float its eight digits of bits, a double sixteen, bytes are hexadecimal, an enum is its
number; a message is an object of the fields that are there, a map one of its keys as text.
"""
import base64
import importlib
import io
import json
import os
import struct
import sys
import tempfile

import grpc_tools
from confluent_kafka.schema_registry.common.protobuf import _create_index_array
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.schema_registry.serde import SchemaId
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import FieldDescriptor
from grpc_tools import protoc

LONGS = {FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64}


def generate(folder, files):
    for name, text in files.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    known = os.path.join(os.path.dirname(grpc_tools.__file__), "_proto")
    paths = [os.path.join(folder, name) for name in files]
    if protoc.main(["protoc", f"-I{folder}", f"-I{known}", f"--python_out={folder}", *paths]) != 0:
        sys.exit("protoc refuses a file")
    sys.path.insert(0, folder)


def message_class(main, name):
    found = importlib.import_module(main.removesuffix(".proto") + "_pb2")
    descriptor = found.DESCRIPTOR
    inner = name[len(descriptor.package) + 1 :] if descriptor.package else name
    for part in inner.split("."):
        found = getattr(found, part)
    return found


def is_map(field):
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def scalar(field, value):
    kind = field.cpp_type
    if kind in LONGS:
        return int(value)
    if kind == FieldDescriptor.CPPTYPE_FLOAT:
        return struct.unpack(">f", bytes.fromhex(value))[0]
    if kind == FieldDescriptor.CPPTYPE_DOUBLE:
        return struct.unpack(">d", bytes.fromhex(value))[0]
    return bytes.fromhex(value) if field.type == FieldDescriptor.TYPE_BYTES else value


def key_of(field, text):
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return text == "true"
    return text if field.cpp_type == FieldDescriptor.CPPTYPE_STRING else int(text)


def key_text(key):
    return str(key).lower() if isinstance(key, bool) else str(key)


def name_of(field):
    return f"[{field.full_name}]" if field.is_extension else field.name


def fill(message, value):
    by_name = {name_of(field): field for field in message.DESCRIPTOR.fields}
    for name, given in value.items():
        if name not in by_name:
            extension = message.DESCRIPTOR.file.pool.FindExtensionByName(name[1:-1])
            message.Extensions[extension] = scalar(extension, given)
            continue
        field = by_name[name]
        if is_map(field):
            key, held = (field.message_type.fields_by_name[part] for part in ("key", "value"))
            for text, item in given.items():
                if held.message_type is None:
                    getattr(message, name)[key_of(key, text)] = scalar(held, item)
                else:
                    fill(getattr(message, name)[key_of(key, text)], item)
        elif field.is_repeated:
            for item in given:
                if field.message_type is None:
                    getattr(message, name).append(scalar(field, item))
                else:
                    fill(getattr(message, name).add(), item)
        elif field.message_type is None:
            setattr(message, name, scalar(field, given))
        else:
            getattr(message, name).SetInParent()
            fill(getattr(message, name), given)


def exact_scalar(field, value):
    kind = field.cpp_type
    if field.message_type is not None:
        return exact(value)
    if kind in LONGS:
        return str(value)
    if kind == FieldDescriptor.CPPTYPE_FLOAT:
        return struct.pack(">f", value).hex()
    if kind == FieldDescriptor.CPPTYPE_DOUBLE:
        return struct.pack(">d", value).hex()
    # Of a string that is no UTF-8, which proto2 lets be, it has the bytes as well.
    return value.hex() if isinstance(value, bytes) else value


def exact(message):
    fields = {}
    for field, value in message.ListFields():
        if is_map(field):
            held = field.message_type.fields_by_name["value"]
            fields[name_of(field)] = {key_text(key): exact_scalar(held, value[key]) for key in value}
        elif field.is_repeated:
            fields[name_of(field)] = [exact_scalar(field, item) for item in value]
        else:
            fields[name_of(field)] = exact_scalar(field, value)
    return fields


def group_names(descriptor):
    # In an edition a message may be written as a group is, and has a name of its own.
    if descriptor_pb2.FileDescriptorProto.FromString(descriptor.file.serialized_pb).syntax not in ("", "proto2"):
        return set()
    return {field.message_type.name for field in descriptor.fields if field.type == FieldDescriptor.TYPE_GROUP}


def plain_indexes(descriptor):
    """As Confluent's, without what has no name of its own in a text."""
    outer = descriptor.containing_type
    if outer is None:
        return [list(descriptor.file.message_types_by_name).index(descriptor.name)]
    groups = group_names(outer)
    named = [it.name for it in outer.nested_types if not it.GetOptions().map_entry and it.name not in groups]
    return [*plain_indexes(outer), named.index(descriptor.name)]


def framed(message, indexes):
    out = io.BytesIO()
    ProtobufSerializer._encode_varints(out, indexes)
    return (out.getvalue() + message.SerializeToString(deterministic=True)).hex()


def made(kind, value):
    message = kind()
    fill(message, value)
    return message


def read(kind, payload):
    try:
        data = io.BytesIO(bytes.fromhex(payload))
        indexes = list(SchemaId._read_index_array(data))
        if indexes != plain_indexes(kind.DESCRIPTOR):
            raise ValueError(f"the message is at {indexes}, and not at {plain_indexes(kind.DESCRIPTOR)}")
        message = kind()
        message.ParseFromString(data.read())
        return [exact(message)]
    except Exception as error:
        return {"error": repr(error)}


def answer(question):
    kind = message_class(question["main"], question["message"])
    messages = [made(kind, value) for value in question["values"]]
    plain, counted = plain_indexes(kind.DESCRIPTOR), _create_index_array(kind.DESCRIPTOR)
    return {
        "payloads": [framed(message, plain) for message in messages],
        "counted": [framed(message, counted) for message in messages],
        "read": [read(kind, payload) for payload in question["payloads"]],
        "descriptor": base64.b64encode(kind.DESCRIPTOR.file.serialized_pb).decode(),
    }


questions = json.load(sys.stdin)
with tempfile.TemporaryDirectory() as folder:
    generate(folder, {name: text for question in questions for name, text in question["files"].items()})
    print(json.dumps([answer(question) for question in questions]))

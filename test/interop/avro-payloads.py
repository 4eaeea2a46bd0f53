"""fastavro's writer and reader, for the interop suites: the questions and answers of AvroPayloads.java, a line of JSON each.

Read are values as they were written. Which branch of a union it was Python does not always tell, int from long for one, so that a question
brings the values that it hopes for ("like"), and the branch is taken from there.
"""
import io
import json
import math
import struct
import sys

import fastavro
from fastavro import read, write

# What a logical type stands on is compared.
read.LOGICAL_READERS.clear()
write.LOGICAL_WRITERS.clear()

PRIMITIVES = {"null", "boolean", "int", "long", "float", "double", "bytes", "string"}


def full_name(schema):
    """Of a schema that fastavro has parsed: names are in full then."""
    return schema["name"]


class Names:
    def __init__(self, schema):
        self.known = {}
        self.gather(schema)

    def gather(self, schema):
        if isinstance(schema, list):
            for branch in schema:
                self.gather(branch)
        elif isinstance(schema, dict):
            kind = schema["type"]
            if kind in ("record", "error", "enum", "fixed"):
                self.known[full_name(schema)] = schema
            for field in schema.get("fields", []):
                self.gather(field["type"])
            for inner in ("items", "values"):
                if inner in schema:
                    self.gather(schema[inner])
            if isinstance(kind, (dict, list)):
                self.gather(kind)

    def of(self, schema):
        """(kind, schema)"""
        if isinstance(schema, list):
            return "union", schema
        if isinstance(schema, str):
            return (schema, {}) if schema in PRIMITIVES else self.of(self.known[schema])
        kind = schema["type"]
        if isinstance(kind, (dict, list)):
            return self.of(kind)
        return ("record" if kind == "error" else kind), schema


def datum(names, schema, value):
    kind, schema = names.of(schema)
    if kind == "long":
        return int(value)
    if kind == "float":
        return struct.unpack(">f", bytes.fromhex(value))[0]
    if kind == "double":
        return struct.unpack(">d", bytes.fromhex(value))[0]
    if kind in ("bytes", "fixed"):
        return bytes.fromhex(value)
    if kind == "array":
        return [datum(names, schema["items"], item) for item in value]
    if kind == "map":
        return {key: datum(names, schema["values"], item) for key, item in value.items()}
    if kind == "record":
        return {it["name"]: datum(names, it["type"], value[it["name"]]) for it in schema["fields"]}
    if kind == "union":
        branch = schema[value[0]]
        name, found = names.of(branch)
        name = full_name(found) if name in ("record", "enum", "fixed") else name
        return name, datum(names, branch, value[1])
    return value


def check(is_so, kind, value):
    if not is_so:
        raise TypeError(f"{value!r} is no {kind}")


def bits(kind, value):
    check(isinstance(value, float), kind, value)
    if math.isnan(value):
        return {"float": "7fc00000", "double": "7ff8000000000000"}[kind]
    return struct.pack(">f" if kind == "float" else ">d", value).hex()


def exact(names, schema, value, like):
    kind, schema = names.of(schema)
    if kind == "null":
        check(value is None, kind, value)
    elif kind == "boolean":
        check(isinstance(value, bool), kind, value)
    elif kind in ("int", "long"):
        check(isinstance(value, int) and not isinstance(value, bool), kind, value)
        return value if kind == "int" else str(value)
    elif kind in ("float", "double"):
        return bits(kind, value)
    elif kind in ("bytes", "fixed"):
        return value.hex()
    elif kind in ("string", "enum"):
        check(isinstance(value, str), kind, value)
    elif kind == "array":
        return [exact(names, schema["items"], item, hoped) for item, hoped in zip(value, like, strict=True)]
    elif kind == "map":
        return {key: exact(names, schema["values"], item, like[key]) for key, item in value.items()}
    elif kind == "record":
        check(set(value) == {it["name"] for it in schema["fields"]}, kind, value)
        return {it["name"]: exact(names, it["type"], value[it["name"]], like[it["name"]]) for it in schema["fields"]}
    else:
        return [like[0], exact(names, schema[like[0]], value, like[1])]
    return value


def written(schema, names, values):
    payloads = []
    for value in values:
        out = io.BytesIO()
        fastavro.schemaless_writer(out, schema, datum(names, schema, value))
        payloads.append(out.getvalue().hex())
    return {"payloads": payloads}


def read_values(schema, names, payloads, likes):
    values = []
    for payload, like in zip(payloads, likes, strict=True):
        data = io.BytesIO(bytes.fromhex(payload))
        try:
            value = fastavro.schemaless_reader(data, schema, None)
            if data.read(1) != b"":
                raise ValueError("bytes are left over")
            values.append([exact(names, schema, value, like)])
        except Exception as error:
            values.append({"error": repr(error)})
    return {"read": values}


def answer(question):
    try:
        schema = fastavro.parse_schema(json.loads(question["schema"]))
        names = Names(schema)
        if "values" in question:
            return written(schema, names, question["values"])
        return read_values(schema, names, question["payloads"], question["like"])
    except Exception as error:
        return {"error": repr(error)}


for line in sys.stdin.buffer:
    print(json.dumps(answer(json.loads(line))))

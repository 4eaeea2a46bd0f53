"""Python's jsonschema, for the interop suites: whether values are valid by schemas.

Reads lines of JSON, each with the name of a draft, a schema and values; writes as many, each with a list of answers. There is none,
but null, where jsonschema itself fails: it takes the length of a schema that is true or false.
"""
import json
import sys

from jsonschema import Draft4Validator, Draft6Validator, Draft7Validator, Draft201909Validator, Draft202012Validator

validators = {
    "draft4": Draft4Validator,
    "draft6": Draft6Validator,
    "draft7": Draft7Validator,
    "draft2019-09": Draft201909Validator,
    "draft2020-12": Draft202012Validator,
}


def answer(validator, value):
    try:
        return validator.is_valid(value)
    except TypeError:
        return None


for line in sys.stdin:
    question = json.loads(line)
    kind = validators[question["draft"]]
    kind.check_schema(question["schema"])
    validator = kind(question["schema"])
    print(json.dumps([answer(validator, value) for value in question["values"]]), flush=True)

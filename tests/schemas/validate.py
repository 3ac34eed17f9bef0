"""Validates JSON documents against a JSON Schema.

usage: validate.py [--no-other-keys] SCHEMA JSON...

With --no-other-keys an object must have no key that the schema does not list.
Readers pass over such keys, but what powercut itself writes is listed. Prints a
line for each error, with its place, and ends with status 1 if there was one.
"""

import json
import sys

import jsonschema


def close(schema):
    """Makes each object of a schema refuse keys that it does not list."""
    if isinstance(schema, list):
        for item in schema:
            close(item)
    if not isinstance(schema, dict):
        return
    if isinstance(schema.get("properties"), dict):
        schema.setdefault("additionalProperties", False)
    for value in schema.values():
        close(value)


def main(arguments):
    no_other_keys = arguments[0] == "--no-other-keys"
    if no_other_keys:
        arguments = arguments[1:]
    with open(arguments[0], encoding="utf-8") as file:
        schema = json.load(file)
    if no_other_keys:
        close(schema)
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    validator = kind(schema)
    failed = False
    for name in arguments[1:]:
        with open(name, encoding="utf-8") as file:
            document = json.load(file)
        for error in sorted(validator.iter_errors(document), key=str):
            failed = True
            place = "/".join(str(part) for part in error.absolute_path)
            print(f"{name}: /{place}: {error.message[:300]}")
    return 1 if failed else 0


sys.exit(main(sys.argv[1:]))

"""What an unquoted YAML scalar means, and why to quote it if YAML 1.1 and 1.2 read it differently.

That concerns numbers, dates and merge keys. Only YAML 1.1 reads `on`, `off`, `yes`, `no`, `y` and `n` as
booleans; here they are strings.

YAML 1.1: https://yaml.org/type/ and PyYAML's resolver.
YAML 1.2: the core schema, https://yaml.org/spec/1.2.2/#103-core-schema.
"""

import re

from jobchute.parsing.text import JsonValue, number_fault

_CONSTANTS: dict[str, JsonValue] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_NUMBER_START = frozenset("+-.0123456789")
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"(?:[-+]?[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+][0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_TIME = r"(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}.*"
_AMBIGUOUS = {
    "some parsers read digits after a leading zero as octal, others as decimal": r"[-+]?0[0-9_]+",
    "only some parsers read it as a number": r"[-+]?0(?:b[01_]+|o[0-7]+|x[0-9a-fA-F_]+)",
    "some parsers read it as a number to base 60": r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?",
    "some parsers read it as a date, not as a string": rf"[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}(?:{_TIME})?",
    "only some parsers read it as a number; all read a form like 1000, 0.5 or 1.0e-5": (
        r"[-+]?(?=[._eE+-]*[0-9])(?:[0-9][0-9_]*)?(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?"
    ),
}
_AMBIGUOUS_FORMS = [(re.compile(form), what) for what, form in _AMBIGUOUS.items()]


def scalar_fault(text: str) -> tuple[str, str] | None:
    """Code and message for an unquoted scalar that is ambiguous, or that cannot be sent."""
    if text == "<<":
        return (
            "YAML_MERGE_KEY",
            "merge keys are not supported; write the merged keys out, or put quotes around a string",
        )
    if text == "=":
        return _ambiguous("some parsers give a single equals sign a special meaning")
    if text[:1] not in _NUMBER_START:
        return None
    if _INTEGER.fullmatch(text) or _FLOAT.fullmatch(text):
        return number_fault(text)
    if _NOT_FINITE.fullmatch(text):
        return "NOT_A_FINITE_NUMBER", "only finite numbers can be sent; put quotes around it if it is a string"
    return next((_ambiguous(what) for form, what in _AMBIGUOUS_FORMS if form.fullmatch(text)), None)


def scalar_value(text: str) -> JsonValue:
    """The value of an unquoted scalar without a fault."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[:1] not in _NUMBER_START:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _ambiguous(what: str) -> tuple[str, str]:
    return "YAML_AMBIGUOUS_SCALAR", f"put quotes around it: {what}"

"""The patterns of the service models, made safe for Python's `re`."""

import functools
import logging
import re

log = logging.getLogger(__name__)

_TAG = r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)"
_SEPARATORS = r" \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"  # \p{Z}
_ATHENA_CATALOG = r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*"

# Two patterns that `re` cannot compile.
_REWRITTEN = {
    _TAG: re.compile(rf"[\w{_SEPARATORS}.:/=+\-@]*"),
    _ATHENA_CATALOG: re.compile("[\\u0020-\\uD7FF\\uE000-\\uFFFD\\U00010000-\\U0010FFFF\t]*"),
}
# Bedrock's names, `(-*[a-z\-])*`, take exponential time (seconds for 28 characters). The hyphens before the
# class are in the class as well, and the names have a length of their own in the model, so a count may go.
_HYPHENS_TWICE = re.compile(r"\(-\*(\[[^\]]*\\-[^\]]*\])\)(?:\*|\{0,\d+\})")


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text matches; check the length first. A pattern that cannot be compiled matches all."""
    compiled = compile_pattern(pattern)
    return compiled is None or compiled.fullmatch(text) is not None


@functools.cache
def compile_pattern(pattern: str) -> re.Pattern[str] | None:
    """A model's pattern; the models' language is Java's, in which `\\w` and `\\d` are ASCII."""
    if pattern in _REWRITTEN:
        return _REWRITTEN[pattern]
    try:
        linear = _HYPHENS_TWICE.sub(r"\1*", pattern)
        return re.compile(linear.replace(r"\p{Alnum}", "a-zA-Z0-9"), re.ASCII)
    except re.error as problem:
        log.warning("the pattern %r is not checked: %s", pattern, problem)
        return None

"""Patterns of botocore's service models, as the engines behind pydantic and Python take them."""

import re

# Patterns that the linear-time engine (the regex crate, behind pydantic) or Python cannot take as they
# are, that back-track without bound, or that cost too much to compile; each with why the other is the same.
EQUIVALENT_PATTERNS = {
    r"[a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9\+\-\.]){0,63}": (
        r"[a-zA-Z0-9][a-zA-Z0-9+.\-]*",
        "Exponential where a matcher back-tracks. Every repetition is of one class that holds the hyphen, "
        "so any run of it matches; the length is limited apart from the pattern.",
    ),
    r"[a-zA-Z0-9](-*[a-zA-Z0-9\+\-\.])*": (
        r"[a-zA-Z0-9][a-zA-Z0-9+.\-]*",
        "Exponential where a matcher back-tracks. The repetition is of one class that holds the hyphen, so any "
        "run of it matches.",
    ),
    r"[a-zA-Z0-9]{1,256}(-*[a-zA-Z0-9]){0,256}": (
        r"[a-zA-Z0-9](-*[a-zA-Z0-9])*",
        "The two repetitions overlap and compile to large automata. With at most 256 characters, limited "
        "apart from the pattern, neither count can be reached unless the other is free.",
    ),
    r"(arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]*:[0-9]{12}:[a-z\-]*\/)?([a-zA-Z0-9]([a-zA-Z0-9-]){0,62})(?<!-)": (
        r"(arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]*:[0-9]{12}:[a-z\-]*\/)?[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?",
        "The engine has no look-behind. 1 to 63 characters whose last is no hyphen, written out.",
    ),
    r"arn:[\p{Alnum}\-]+:lambda:[\p{Alnum}\-]+:[0-9]{12}:function:.*": (
        r"arn:[a-zA-Z0-9\-]+:lambda:[a-zA-Z0-9\-]+:[0-9]{12}:function:.*",
        r"\p{Alnum} is Java's name for the ASCII letters and digits.",
    ),
    r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*": (
        r"[^\x00-\x08\x0A-\x1F\uFFFE\uFFFF]*",
        "Surrogate pairs stand for the characters above U+FFFF, which text in UTF-8 holds as they are; "
        "what is left out is shorter to say, and every engine can read it.",
    ),
    r"arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]{9,16}:[0-9]{12}:model-package-group/[\S]{1,2048}": (
        r"arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]{9,16}:[0-9]{12}:model-package-group/[^ \t\n\x0B\f\r]+",
        "The whole is at most 2048 characters, limited apart from the pattern, so the count is idle.",
    ),
    r"arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]{9,16}:[0-9]{12}:model-package/[\S]{1,2048}": (
        r"arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]{9,16}:[0-9]{12}:model-package/[^ \t\n\x0B\f\r]+",
        "The whole is at most 2048 characters, limited apart from the pattern, so the count is idle.",
    ),
    r"[\s\S]+": ("", "Any text that is not empty: the least length, 1 wherever this is used, says it."),
    r"[\S\s]*": ("", "Any text at all."),
}

# Java's classes are ASCII; the engine's and Python's are Unicode. {class: (outside brackets, within)}
ASCII_CLASSES = {
    r"\d": ("[0-9]", "0-9"),
    r"\w": ("[a-zA-Z0-9_]", "a-zA-Z0-9_"),
    r"\s": (r"[ \t\n\x0B\f\r]", r" \t\n\x0B\f\r"),
}


def safe_pattern(pattern: str) -> str:
    """`pattern` as the linear-time engine takes it, with Java's meaning of its classes."""
    if pattern in EQUIVALENT_PATTERNS:
        return EQUIVALENT_PATTERNS[pattern][0]
    within = False
    parts: list[str] = []
    for token in re.findall(r"\\.|.", pattern, re.DOTALL):
        within = (within or token == "[") and not (within and token == "]")
        parts.append(ASCII_CLASSES[token][within] if token in ASCII_CLASSES else token)
    return "".join(parts)

"""Patterns of the providers' models in a form that the engines of JSON Schema share."""

import re

from jobchute.validation.explain import bare

# Python's engine has no \p{…}: of ASCII exactly what the model allows, and everything beyond ASCII.
WIDER_PATTERNS = {
    r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)": r"[^\x00-\x1F!\x22#$%&'()*,;<>?\[\\\]^`{|}~\x7F]*",
}


def portable(pattern: str) -> str:
    """A model's pattern in a form that JavaScript and Python read alike.

    A dot is spelled out, because JavaScript's stops at more line ends; and `$` is kept from matching
    before a last line end, as Python's does.
    """
    source = WIDER_PATTERNS.get(bare(pattern), bare(pattern))
    within = False
    parts: list[str] = []
    for token in re.findall(r"\\.|.", source, re.DOTALL):
        within = (within or token == "[") and not (within and token == "]")
        parts.append(r"[^\n]" if token == "." and not within else token)
    return f"^(?:{''.join(parts)})$(?!\\n)"

"""Text that takes less room in a function's environment, which holds 4 KB in all (Lambda quotas)."""

PREFIX = "zlib:"
"""What packed text begins with. No variable has a value of its own that begins so."""

MIN_CHARACTERS = 512
"""Shorter text stays as it is, for people who look at the environment."""


def packed(text: str) -> str:
    """Long text compressed, in Base64 behind PREFIX, where that is shorter."""
    if len(text) < MIN_CHARACTERS:
        return text
    import base64
    import zlib

    compressed = PREFIX + base64.b64encode(zlib.compress(text.encode(), level=9)).decode()
    return min(text, compressed, key=len)


def unpacked(value: str) -> str:
    """The text that `packed` was given. Raises ValueError for a value that was cut or changed."""
    if not value.startswith(PREFIX):
        return value
    import base64
    import zlib

    try:
        return zlib.decompress(base64.b64decode(value.removeprefix(PREFIX), validate=True)).decode()
    except zlib.error as error:
        raise ValueError(f"it cannot be unpacked: {error}") from error

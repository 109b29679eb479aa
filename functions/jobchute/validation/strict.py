"""How every request model reads a value: no coercion, no unknown keys."""

from pydantic import ConfigDict

STRICT = ConfigDict(strict=True, extra="forbid")

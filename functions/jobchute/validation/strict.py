"""How every request model reads a value: no coercion, no key that it does not know."""

from pydantic import ConfigDict

STRICT = ConfigDict(strict=True, extra="forbid")

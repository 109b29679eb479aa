"""Settings without an environment."""

from typing import Any, TypeVar

from jobchute.settings import Settings

S = TypeVar("S", bound=Settings)


class GivenSettings:
    """Gives settings with these values, by field; a field that has none gets its default."""

    def __init__(self, **values: Any) -> None:
        self._values = values

    def __call__(self, kind: type[S], /) -> S:
        """Raises TypeError for a field without a value or a default."""
        return kind(**{name: self._values[name] for name in kind.types if name in self._values})

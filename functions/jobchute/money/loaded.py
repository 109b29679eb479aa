"""The prices of a deployment as a function keeps them: read once, and again after they were loaded anew."""

from collections.abc import Callable

from jobchute.money.prices import Prices


class LoadedPrices:
    """read: the table in the ledger. loaded_at: when it was written last; empty if it never was."""

    def __init__(self, read: Callable[[], Prices | None], *, loaded_at: Callable[[], str]) -> None:
        self._read = read
        self._loaded_at = loaded_at
        self._kept: tuple[str, Prices | None] = ("", None)

    def __call__(self) -> Prices | None:
        loaded_at = self._loaded_at()
        if loaded_at != self._kept[0]:
            self._kept = (loaded_at, self._read())
        return self._kept[1]

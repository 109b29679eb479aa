# ruff: noqa: N803 - the names are boto3's
"""What the fakes of boto3's clients have in common: each call, and each page, crosses the border once."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

from botocore.exceptions import EndpointConnectionError

from tests.fakes.provider import Provider
from tests.fakes.wire import Io, client_error, undisturbed

T = TypeVar("T")
Page = dict[str, Any]


class Client:
    def __init__(self, provider: Provider, *, io: Io = undisturbed) -> None:
        self.provider = provider
        self._io = io

    def io(self, operation: str, effect: Callable[[], T]) -> T:
        def while_up() -> T:
            if self.provider.is_unreachable:
                raise EndpointConnectionError(endpoint_url=f"https://{operation}.invalid")
            if self.provider.is_down:
                raise client_error(operation, "ServiceUnavailable", "down", 503)
            return effect()

        return self._io(operation, while_up)


class Pages:
    """A paginator: each page is a call. items: the whole list. default: the size of a page."""

    def __init__(
        self,
        call: Callable[[Callable[[], Page]], Page],
        key: str,
        items: Callable[..., list[Page]],
        *,
        default: int,
    ) -> None:
        self.call, self.key, self.items, self.default = call, key, items, default

    def paginate(self, *, PaginationConfig: Mapping[str, int] | None = None, **request: Any) -> Iterator[Page]:
        size = (PaginationConfig or {}).get("PageSize", self.default)
        begin: int | None = 0
        while begin is not None:
            page = self.call(partial(self._page, begin, size, request))
            yield page
            begin = page["next"]

    def _page(self, begin: int, size: int, request: Mapping[str, Any]) -> Page:
        items, end = self.items(**request), begin + size
        return {self.key: items[begin:end], "next": end if end < len(items) else None}

"""What `compose` is given. Imported by type checkers alone."""

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from jobchute.settings import Settings

if TYPE_CHECKING:
    import urllib3

S = TypeVar("S", bound=Settings)


class Clients(Protocol):
    """Gives the client of a service, by botocore's name for it; the same one each time."""

    def client(self, service: str) -> Any:
        """For services that Jobchute itself is made of."""

    def provider_client(self, service: str) -> Any:
        """For a provider's create calls alone: it sends each of them once."""

    def provider_reader(self, service: str) -> Any:
        """For all other calls to a provider, stop calls included, which may be repeated."""

    def http(self) -> "urllib3.PoolManager":
        """For providers outside AWS."""


class SettingsReader(Protocol):
    """Gives the settings of a class. Raises EnvironmentVariablesError where it cannot."""

    def __call__(self, kind: type[S], /) -> S: ...

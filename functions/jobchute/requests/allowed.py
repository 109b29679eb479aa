"""Lists and largest numbers that a deployment allows: how they are compared, and what a refusal says."""

from collections.abc import Callable
from typing import NamedTuple

from jobchute.validation.wording import listed, shown

SHOWN_CHARACTERS = 200


def matches(pattern: str, text: str) -> bool:
    """Whether text is what the pattern says, where `*` stands for any text; in linear time."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    *middle, last = rest
    position, end = len(first), len(text) - len(last)
    if position > end or not text.startswith(first) or not text.endswith(last):
        return False
    for part in middle:
        found = text.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True


def holds_input(prefix: str, uri: str) -> bool:
    """Whether everything that a job reads at this URI is below the prefix.

    A provider reads every key that begins with the URI: `s3://bucket/team` would reach `s3://bucket/team-b/`.
    So the folder itself needs its slash; a bucket has nothing beside it.
    """
    folder = _folder(prefix)
    is_bucket = folder.count("/") == 3 and uri == folder[:-1]
    return _is_plain(uri) and (is_bucket or uri.startswith(folder))


def holds_output(prefix: str, uri: str) -> bool:
    """Whether everything that a job writes to this URI is below the prefix. Providers append a slash to it."""
    return _is_plain(uri) and f"{uri}/".startswith(_folder(prefix))


def is_in_bucket(bucket: str, uri: str) -> bool:
    """Whether a location, `s3://BUCKET/KEY`, BUCKET or an address on the web, is in this bucket."""
    scheme, _, rest = uri.rpartition("://")
    host, _, key = rest.partition("/")
    if scheme.lower() in ("http", "https"):
        return host.startswith(f"{bucket}.") or key.partition("/")[0] == bucket
    return host == bucket


def _folder(prefix: str) -> str:
    return f"{prefix.rstrip('/')}/"


def _is_plain(uri: str) -> bool:
    """For S3, `..` is an ordinary name, but not for a program that copies files to a disk."""
    return not {".", ".."} & set(uri.split("/"))


def how_to_allow(name: str) -> str:
    """What to change in the deployment. name: of a guard rail."""
    return f"To allow more, deploy with a different context value jobchute:{name}."


class Limit(NamedTuple):
    """A list of names in the guard rails. name: of the list, there and in the table of guarded members."""

    name: str
    code: str
    what: str
    allows: Callable[[str, str], bool]
    hint: str = ""

    def allows_any(self, allowed: tuple[str, ...], value: str) -> bool:
        """Whether one of the entries allows the value."""
        return any(self.allows(each, value) for each in allowed)

    def message(self, value: str, allowed: tuple[str, ...]) -> str:
        those = listed([shown(each, SHOWN_CHARACTERS) for each in allowed]) or "none"
        refused = f"This deployment does not allow the {self.what} {shown(value, SHOWN_CHARACTERS)}"
        return f"{refused}; it allows {those}.{self.hint} {how_to_allow(self.name)}"


class Size(NamedTuple):
    """The largest number that a deployment allows in some members.

    name: of the context value. what: is counted, as a refusal says it; kind: of members, in tables of the docs.
    description: of the context value. least, example: the smallest number that it takes, and one.
    """

    name: str
    code: str
    what: str
    kind: str
    description: str
    example: int
    least: int = 1


PREFIX_HINT = " Write a location as s3://BUCKET/KEY, without `.` or `..` between slashes"
LIMITS = (
    Limit(name="roles", code="ROLE_NOT_ALLOWED", what="role", allows=matches),
    Limit(
        name="inputs",
        code="INPUT_NOT_ALLOWED",
        what="input location",
        allows=holds_input,
        hint=f"{PREFIX_HINT}, and end a folder with a slash: without it, it is also a prefix of other names.",
    ),
    Limit(
        name="outputs",
        code="OUTPUT_NOT_ALLOWED",
        what="output location",
        allows=holds_output,
        hint=f"{PREFIX_HINT}.",
    ),
    Limit(name="instance_types", code="INSTANCE_TYPE_NOT_ALLOWED", what="instance type", allows=matches),
    Limit(name="devices", code="DEVICE_NOT_ALLOWED", what="device", allows=matches),
    Limit(name="images", code="IMAGE_NOT_ALLOWED", what="image, algorithm or environment", allows=matches),
    Limit(name="models", code="MODEL_NOT_ALLOWED", what="model or evaluator", allows=matches),
    Limit(name="destinations", code="DESTINATION_NOT_ALLOWED", what="destination", allows=matches),
    Limit(name="subnets", code="SUBNET_NOT_ALLOWED", what="subnet", allows=matches),
    Limit(name="security_groups", code="SECURITY_GROUP_NOT_ALLOWED", what="security group", allows=matches),
)
SIZES = (
    Size(
        name="max_volume_gb",
        code="VOLUME_TOO_LARGE",
        what="GB of storage on an instance",
        kind="volumes",
        description="maximum volume of one instance, in GB",
        example=100,
    ),
    Size(
        name="max_keep_alive_seconds",
        code="KEEP_ALIVE_TOO_LONG",
        what="seconds in a warm pool",
        kind="keep-alive time",
        description="maximum keep-alive time of a warm pool, in seconds; 0 allows no warm pools",
        example=0,
        least=0,
    ),
    Size(
        name="max_shots",
        code="TOO_MANY_SHOTS",
        what="shots",
        kind="shots",
        description="maximum number of shots of one quantum task",
        example=10000,
    ),
)

"""What AWS asks of the tags of hybrid jobs and quantum tasks, and Braket's model does not say."""

from collections.abc import Iterable, Iterator

from jobchute.problems import Problem
from jobchute.validation.codes import Code
from jobchute.validation.rules import Fields, fields, tag_count_problems, tag_map_problems
from jobchute.validation.wording import member_path, shown

MAX_TAGS = 50
MAX_TAG_KEY = 128
MAX_TAG_VALUE = 256


def tag_keys_are_free(request: Fields) -> Iterable[Problem]:
    """Tag keys do not start with `aws:`, and leave `jobchute:` to Jobchute.

    Source: AWS's tagging rules; Jobchute finds its jobs by its own tags.
    """
    return tag_map_problems(request.get("tags"), "request.tags")


def tags_keep_awss_limits(request: Fields) -> Iterator[Problem]:
    """At most 50 tags, with keys of 1 to 128 and values of at most 256 characters.

    Source: AWS's tagging rules (AWS General Reference); Braket's model states no limit of its own.
    """
    tags = fields(request.get("tags"))
    yield from tag_count_problems(tags, "request.tags", most=MAX_TAGS, whose="AWS")
    for key, value in tags.items():
        if key == "":
            yield Problem('request.tags[""]', Code.TOO_SHORT, "A tag key has at least 1 character.")
        if isinstance(key, str) and len(key) > MAX_TAG_KEY:
            message = f"The tag key {shown(key)} has {len(key)} characters; at most {MAX_TAG_KEY} are allowed."
            yield Problem(member_path("request.tags", str(key)), Code.TOO_LONG, message)
        if isinstance(value, str) and len(value) > MAX_TAG_VALUE:
            message = f"{shown(value)} has {len(value)} characters; a tag value has at most {MAX_TAG_VALUE}."
            yield Problem(member_path("request.tags", str(key)), Code.TOO_LONG, message)

"""MiniStack's FilterLogEvents with prefixes of streams and with pages. Run by MiniStack's own Python, not ours.

MiniStack 1.5.33 ignores logStreamNamePrefix and nextToken, and leaves out what does not fit the first page.
"""

import json
from collections.abc import Mapping
from typing import Any

from ministack.services import cloudwatch_logs  # type: ignore[import-not-found]

MAX_PAGE = 10_000
filter_log_events = cloudwatch_logs._filter_log_events


def filtered(data: Mapping[str, Any]) -> Any:
    """The answer to one call. The token says where the page before ended: at which time, after how many events
    of that time.
    """
    names = _with_prefix(data)
    if names == []:
        return cloudwatch_logs.json_response({"events": [], "searchedLogStreams": []})
    begin, skipped = data.get("startTime", 0), 0
    if data.get("nextToken"):
        begin, skipped = map(int, data["nextToken"].split(":"))
    limit = min(data.get("limit", MAX_PAGE), MAX_PAGE - skipped)
    asked = {**data, "startTime": begin, "limit": skipped + limit}
    answer = filter_log_events(asked if names is None else {**asked, "logStreamNames": names})
    found = json.loads(answer[-1])
    if "events" not in found:
        return answer
    events = found["events"]
    if len(events) == skipped + limit:
        last = events[-1]["timestamp"]
        found["nextToken"] = f"{last}:{sum(event['timestamp'] == last for event in events)}"
    return cloudwatch_logs.json_response({**found, "events": events[skipped:]})


def _with_prefix(data: Mapping[str, Any]) -> list[str] | None:
    """The names of the streams with the prefix; None where none is given, or where there is no such group."""
    group = cloudwatch_logs._log_groups.get(cloudwatch_logs._resolve_log_group_name(data))
    prefix = data.get("logStreamNamePrefix")
    if group is None or not prefix:
        return None
    return [name for name in group["streams"] if name.startswith(prefix)]


cloudwatch_logs._filter_log_events = filtered

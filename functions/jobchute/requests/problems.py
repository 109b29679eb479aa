"""What is wrong with a request, in the form that every answer to a user takes."""

from typing import NamedTuple


class Problem(NamedTuple):
    """One thing to change in a document.

    path: where, in the provider's own spelling (`request.ResourceConfig.InstanceType`,
        list items as `request.InputDataConfig[0].ChannelName`); empty for the document as a whole.
    code: stable, upper-case with underscores (`UNKNOWN_KEY`), to be matched by programs.
    message: the rule that was broken and what to change, for a person; never a secret value.
    """

    path: str
    code: str
    message: str

"""How a command ends if it has no good answer.

ToolError
├── AnswerIsNoError    exit status 1: the question was asked, and the answer is no
├── CannotAskError     exit status 2: the question could not be asked; the message says what to change
└── StoppedError       exit status 130: Ctrl-C; the message says what continues without the tool
"""


class ToolError(Exception):
    """The message goes to stderr."""

    status = 2


class AnswerIsNoError(ToolError):
    """Invalid, failed, unknown."""

    status = 1


class CannotAskError(ToolError):
    """No credentials, no stack, no network."""


class StoppedError(ToolError):
    """The user stopped the tool while it waited."""

    status = 130

"""How a command ends that has no good answer.

ToolError
├── AnswerIsNoError    exit status 1: the question was asked, and the answer is no
└── CannotAskError     exit status 2: nobody could be asked; the message says what to change
"""


class ToolError(Exception):
    """The message goes to stderr."""

    status = 2


class AnswerIsNoError(ToolError):
    """Invalid, failed, unknown."""

    status = 1


class CannotAskError(ToolError):
    """No credentials, no stack, no network."""

"""What can go wrong, as a tree.

SimulatorError
├── ServiceError       an AWS service refuses a call
├── FireworksError     Fireworks refuses a call
└── SettingsError      a setting that does not exist or cannot have this value
"""


class SimulatorError(Exception):
    """Everything that this package raises on purpose."""


class ServiceError(SimulatorError):
    """An AWS error answer: `code` as botocore shows it, `message` as a person reads it.

    `status` is the HTTP status of a code that the operation's model does not list; a listed one has the
    model's.
    """

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class FireworksError(SimulatorError):
    """A gRPC-style error answer: `code` is a name from google.rpc.Code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class SettingsError(SimulatorError):
    """Names the setting and what it takes."""

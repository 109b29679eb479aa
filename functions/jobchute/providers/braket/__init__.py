"""Amazon Braket."""

DEVICE_PATTERN = (
    r"\*.*|arn:.*\*.*|arn:aws[a-z-]*:braket:[a-z0-9-]*:[0-9]*:device/(qpu|quantum-simulator)/[^/]+/.+"
)
"""What the name of a pool may say instead of a device's ARN."""
UNHEARD = ("CREATED", "QUEUED", "CANCELLING")
"""Statuses of hybrid jobs and quantum tasks from which no move follows. One rule hears the events of both."""

"""Amazon Braket: what the specs of its kinds of job have alike."""

from jobchute.providers.spec import Capacity, EventSource, Grant, Iam

DEVICE_PATTERN = (
    r"\*.*|arn:.*\*.*|arn:aws[a-z-]*:braket:[a-z0-9-]*:[0-9]*:device/(qpu|quantum-simulator)/[^/]+/.+"
)
"""What the name of a pool may say instead of a device's ARN."""


def device_at(member: str, *, pattern: str = DEVICE_PATTERN, rule: str = "a device is an ARN") -> Capacity:
    """Jobs are counted by the device that a member names."""
    example = "arn:aws:braket:::device/quantum-simulator/amazon/sv1"
    return Capacity(members=(member,), pattern=pattern, rule=rule, example=example)


def iam_of(noun: str, resource: str, *, passed_to: str) -> Iam:
    """noun: in the names of operations, `QuantumTask`. resource: the kind of the job's ARN.

    The reference knows no resource for the create calls; the guide shows devices. A new job's tags go with it.
    """
    jobs, search = (f"arn:{{partition}}:braket:{{region}}:{{account}}:{resource}/*",), f"braket:Search{noun}s"
    return Iam(
        passed_to=passed_to,
        create=Grant((f"braket:Create{noun}",)),
        tag=Grant(("braket:TagResource",)),
        read=Grant((f"braket:Get{noun}",), jobs),
        find=(Grant((search,)),),
        list=Grant((search,)),
        cancel=Grant((f"braket:Cancel{noun}",), jobs),
    )


def events_of(what: str, arn_field: str) -> EventSource:
    """unheard: statuses from which no move follows. One rule hears the events of both kinds."""
    return EventSource(
        source="aws.braket",
        detail_type=f"Braket {what} State Change",
        arn_field=arn_field,
        status_field="status",
        unheard=("CREATED", "QUEUED", "CANCELLING"),
    )

"""Numbers of shots that a device may refuse. A warning: AWS changes these limits, and accounts may have others.

Source: Braket developer guide, quotas.
"""

from collections.abc import Iterator

from jobchute.job import Document
from jobchute.problems import Problem

LIMITS = {
    "/amazon/sv1": (0, 50_000),
    "/amazon/dm1": (0, 50_000),
    "/rigetti/": (1, 50_000),
    "/iqm/": (1, 20_000),
    "/aqt/": (1, 2_000),
    "/quera/": (1, 1_000),
    "/ionq/": (100, 10_000),
}
"""By a part of the device's ARN: the least and the most shots of a task on demand."""
PROGRAM_SET = "braket.ir.openqasm.program_set"
"""The shots of a program set are those of all its programs together."""


def warnings_in(request: Document) -> Iterator[Problem]:
    """One warning where the shots are too few or too many for what is documented of the device."""
    device, shots = request["deviceArn"], request["shots"]
    for part, (least, most) in LIMITS.items():
        if part in device and not least <= shots <= most and PROGRAM_SET not in request["action"]:
            message = (
                f"{shots:,} shots: the documented limits of this device are {least:,} to {most:,} in a task."
            )
            yield Problem("request.shots", "BRAKET_SHOTS", message)

"""The class of each state in the style sheet."""

from jobchute.job import State

TONES = {
    State.QUEUED: "wait",
    State.SUBMITTING: "start",
    State.SUBMITTED: "start",
    State.RUNNING: "run",
    State.CANCELLING: "off",
    State.SUCCEEDED: "ok",
    State.PARTIAL: "part",
    State.FAILED: "bad",
    State.TIMED_OUT: "bad",
    State.CANCELLED: "off",
    State.REJECTED: "rej",
}

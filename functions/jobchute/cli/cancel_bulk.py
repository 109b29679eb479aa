"""Cancelling several jobs: all of the cancellations are sent, then all are waited for.

A job that has ended or is being cancelled gets no cancellation, so running the command again sends only what is
left to do.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from jobchute.attempts import is_ending
from jobchute.cli.chosen_jobs import Failure
from jobchute.job import Job, State

if TYPE_CHECKING:
    from jobchute.cli.deployment import Deployment
    from jobchute.cli.following import Clock


def cancel_all(
    deployment: "Deployment", jobs: Sequence[Job], clock: "Clock", send: Callable[[Job], object]
) -> Iterator[Job | Failure]:
    """Cancel the jobs. Yields each as soon as its cancellation has taken effect, or what was in the way.

    send: sends the cancellation of a job.
    """
    open_jobs = {}
    for job in jobs:
        if is_ending(job):
            yield _judged(job)
        else:
            send(job)
            open_jobs[job.job_id] = job
    start = clock.now()
    while open_jobs:
        for job in deployment.ledger.get_many([*open_jobs]):
            if is_ending(job):
                del open_jobs[job.job_id]
                yield _judged(job)
            else:
                open_jobs[job.job_id] = job
        if clock.timeout is not None and clock.now() - start >= clock.timeout:
            break
        if open_jobs:
            clock.pause(clock.interval)
    for job in open_jobs.values():
        late = f"still {job.state} {clock.timeout:g} seconds after the cancellation was sent"
        yield Failure(job.job_id, f"{late}; check it with: jobchute jobs show {job.job_id}")


def _judged(job: Job) -> Job | Failure:
    if job.state.is_final and job.state is not State.CANCELLED:
        return Failure(job.job_id, f"it has already ended {job.state}; nothing was cancelled")
    return job

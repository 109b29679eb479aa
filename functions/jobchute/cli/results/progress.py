"""Several downloads at a time, with their progress on stderr."""

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from threading import Event

from jobchute.cli.errors import StoppedError
from jobchute.cli.results.download import Advance, Download, Saved, save
from jobchute.cli.results.stored import Bucket

MAX_AT_ONCE = 8

OnSaved = Callable[[Saved], None]


def save_all(bucket: Bucket, downloads: Sequence[Download], *, overwrite: bool, on_saved: OnSaved) -> None:
    """Download objects, MAX_AT_ONCE at a time. on_saved: called in this thread, as each is done.

    The first error, or Ctrl-C, ends the others at their next chunk; their parts stay and are resumed next time.
    """
    stopped = Event()
    with _progress(sum(each.stored.size for each in downloads)) as shown:

        def advance(size: int) -> None:
            if stopped.is_set():
                raise StoppedError("stopped; run the same command again to resume")
            shown(size)

        with ThreadPoolExecutor(MAX_AT_ONCE) as pool:
            try:
                waiting = [
                    pool.submit(save, bucket, each, overwrite=overwrite, advance=advance) for each in downloads
                ]
                for each in as_completed(waiting):
                    on_saved(each.result())
            except BaseException:
                stopped.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise


@contextmanager
def _progress(total: int) -> Iterator[Advance]:
    """A bar on a terminal; elsewhere nothing, because each file has its own line."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=total)
        yield lambda size: progress.advance(task, size)

"""MiniStack behind uvicorn, with what is put right in it. Run by MiniStack's own Python, not by ours.

MiniStack comes with hypercorn, which reads and writes HTTP in Python. With uvicorn, httptools and uvloop its
process takes a third less time for a job (docs/performance.md). What MiniStack sets for hypercorn is set here
as well: no `Server` header, no `Date` beside its own, and how long an idle connection is kept.
"""

import os
import resource

import failing_tasks  # type: ignore[import-not-found]  # noqa: F401 - these take effect as they are imported
import log_pages  # type: ignore[import-not-found]  # noqa: F401
import stream_batches  # type: ignore[import-not-found]  # noqa: F401
import uvicorn

KEEP_ALIVE_SECONDS = 75
SHUTDOWN_SECONDS = 3
"""For calls that are under way when it is told to end."""


def serve() -> None:
    """MiniStack's application at BIND_HOST and GATEWAY_PORT; over TLS where there is MINISTACK_SSL_CERT."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    uvicorn.run(
        "ministack.app:app",
        host=os.environ["BIND_HOST"],
        port=int(os.environ["GATEWAY_PORT"]),
        ssl_certfile=os.environ.get("MINISTACK_SSL_CERT"),
        ssl_keyfile=os.environ.get("MINISTACK_SSL_KEY"),
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )


if __name__ == "__main__":
    serve()

"""The request that `jobchute init` writes: the API's own part from its folder, and what all may have."""

from importlib import resources

from jobchute.job import Api
from jobchute.providers.registry import FOLDERS, SPECS

FILE = "first_request.yaml"
"""In the folder of each API: its smallest useful request, with comments."""

HEAD = """\
# A job of {api}. Replace the values that are yours; lines that begin with # are comments.
# Check it without an account: jobchute validate FILE; send it: jobchute submit FILE
# All members of `request`: {documentation}
api: {api}
request:
"""
TAIL = """
# What any request may have besides; all of it is optional.
# idempotencyKey: my-job-2026-11-27   # the same key is the same job; without one the request itself decides
# labels: {team: growth}              # into the ledger, the provider's tags and every notification
# priority: 5                         # 0 to 9: which job of a pool comes first
# after: [{job: ID, on: [SUCCEEDED]}] # start when another job has ended
# dryRun: true                        # validate only; nothing is created
"""


def first_request(api: Api) -> str:
    """A valid request document in YAML, with comments."""
    folder = resources.files(f"jobchute.providers.{FOLDERS[api]}")
    body = folder.joinpath(FILE).read_text(encoding="utf-8")
    indented = "".join(f"  {line}" if line.strip() else line for line in body.splitlines(keepends=True))
    return HEAD.format(api=api, documentation=SPECS[api].documentation) + indented + TAIL

"""Which names below `requests/` are those of requests, and not of what tools and editors leave beside them."""

REQUESTS = "requests/"
"""The folder of the stack's bucket from which requests are taken."""
BACKUPS = ("~", ".bak", ".swp")
READMES = frozenset({"", "md", "txt", "rst", "adoc", "html"})
"""What stands behind `README.` in a file that people read; `README.json` is a request."""


def is_request_name(path: str) -> bool:
    """path: below `requests/`. False for hidden files and folders, for backups and for READMEs."""
    folders_and_name = path.lower().split("/")
    name = folders_and_name[-1]
    if any(part.startswith(".") for part in folders_and_name) or name.endswith(BACKUPS):
        return False
    if len(name) > 1 and name.startswith("#") and name.endswith("#"):
        return False
    stem, _, ending = name.partition(".")
    return stem != "readme" or ending not in READMES

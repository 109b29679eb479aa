"""Which names below `requests/` are requests, not files that tools and editors leave beside them."""

REQUESTS = "requests/"
"""The folder for requests in the stack's bucket."""
BACKUPS = ("~", ".bak", ".swp")
READMES = frozenset({"", "md", "txt", "rst", "adoc", "html"})
"""The suffixes of a README for people; `README.json` is a request."""


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

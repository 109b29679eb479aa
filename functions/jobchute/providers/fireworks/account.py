"""The Fireworks account, and how it is read from its secret."""

import json
import re
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from jobchute.errors import RefusedError
from jobchute.providers.aws_errors import from_botocore_error

CODE = "FIREWORKS_SECRET"
RULE = 'the Fireworks secret must be JSON: {"accountId": "...", "apiKey": "..."}'

# An HTTP header carries visible ASCII as it is; bearer tokens are made of less (RFC 6750, section 2.1).
_KEY = re.compile(r"[\x21-\x7e]+")
# One segment of a URL's path.
_ACCOUNT_ID = re.compile(r"[A-Za-z0-9._-]+")


class Account(NamedTuple):
    """Where the account's batch jobs are, and the key that opens it."""

    base_url: str
    account_id: str
    api_key: str


def read_account(secrets: Any, secret_arn: str, base_url: str) -> Account:
    """The account that the secret names. secrets: a client of Secrets Manager.

    Raises RefusedError: a secret that is missing or malformed is put right by its owner, and the jobs wait.
    """
    try:
        answer = secrets.get_secret_value(SecretId=secret_arn)
    except ClientError as error:
        raise RefusedError(str(error), code=CODE) from error
    except BotoCoreError as error:
        raise RefusedError(from_botocore_error(error).message, code=CODE) from None
    return account_in(answer.get("SecretString", ""), base_url)


def account_in(secret: str, base_url: str) -> Account:
    """The account that the secret's text names, without white space around its values.

    Raises RefusedError for a malformed secret, which its owner can put right while jobs wait. The message says
    what is wrong and repeats nothing of the secret.
    """
    try:
        values = json.loads(secret)
    except ValueError:
        # The cause holds the text of the secret.
        raise RefusedError(RULE, code=CODE) from None
    if not isinstance(values, dict):
        raise RefusedError(RULE, code=CODE)
    account_id, api_key = _text(values, "accountId"), _text(values, "apiKey")
    if not _ACCOUNT_ID.fullmatch(account_id):
        what = "accountId in the Fireworks secret must be the account's id alone: letters, digits, hyphens"
        raise RefusedError(what, code=CODE)
    if not _KEY.fullmatch(api_key):
        what = f"apiKey in the Fireworks secret contains {_fault_of(api_key)}; store the key again without it"
        raise RefusedError(what, code=CODE)
    return Account(base_url, account_id, api_key)


def _text(values: dict[str, object], name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str):
        raise RefusedError(RULE, code=CODE)
    if not value.strip():
        raise RefusedError(f"{name} in the Fireworks secret is empty", code=CODE)
    return value.strip()


def _fault_of(api_key: str) -> str:
    if re.search(r"\s", api_key):
        return "white space"
    return "a control character" if re.search(r"[\x00-\x1f\x7f-\x9f]", api_key) else "a character outside ASCII"

"""The text of the Fireworks secret: what is an account, and what its owner is told to change."""

import json
from typing import Any

import pytest

from jobchute.errors import RefusedError
from jobchute.providers.fireworks.account import Account, account_in

URL = "https://fw.example"
KEY = "fw_3ZX9qA-7.w~x+y/z="


def secret(**changes: Any) -> str:
    return json.dumps({"accountId": "acme", "apiKey": KEY, **changes})


@pytest.mark.parametrize("around", ["{}", "{}\n", "{}\r\n", "\t{} ", "\n{}"])
def test_white_space_around_the_values_is_not_a_part_of_them(around: str) -> None:
    account = account_in(secret(accountId=around.format("acme"), apiKey=around.format(KEY)), URL)
    assert account == Account(URL, "acme", KEY)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "must be JSON"),
        (KEY, "must be JSON"),
        (f'"{KEY}"', "must be JSON"),
        (f'["{KEY}"]', "must be JSON"),
        (f'{{"apiKey": "{KEY}"', "must be JSON"),
        (f'{{"apiKey": "{KEY}"}}', "must be JSON"),
        (secret(apiKey=7), "must be JSON"),
        (secret(apiKey=[KEY]), "must be JSON"),
        (secret(apiKey=""), "apiKey in the Fireworks secret is empty"),
        (secret(apiKey=" \n"), "apiKey in the Fireworks secret is empty"),
        (secret(accountId=""), "accountId in the Fireworks secret is empty"),
        (secret(apiKey=f"{KEY}\n{KEY}"), "contains white space"),
        (secret(apiKey=f"Bearer {KEY}"), "contains white space"),
        (secret(apiKey=f"{KEY}\u00a0{KEY}"), "contains white space"),
        (secret(apiKey=f"{KEY}\x00{KEY}"), "contains a control character"),
        (secret(apiKey=f"{KEY}\x9b{KEY}"), "contains a control character"),
        (secret(apiKey=f"{KEY}\u2026"), "contains a character outside ASCII"),
        (secret(apiKey=f"{KEY}\u00e9"), "contains a character outside ASCII"),
        (secret(apiKey=f"\u200b{KEY}"), "contains a character outside ASCII"),
        (secret(accountId="accounts/acme"), "accountId in the Fireworks secret must be"),
        (secret(accountId="acme?x"), "accountId in the Fireworks secret must be"),
    ],
)
def test_a_malformed_secret_is_refused_without_being_shown(text: str, says: str) -> None:
    with pytest.raises(RefusedError, match=says) as caught:
        account_in(text, URL)
    assert caught.value.code == "FIREWORKS_SECRET"
    assert "fw_3ZX9" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None

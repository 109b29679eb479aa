"""Text that takes less room in an environment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobchute.errors import EnvironmentVariablesError
from jobchute.packing import MIN_CHARACTERS, PREFIX, packed, unpacked
from jobchute.settings import LedgerSettings


@given(st.text().filter(lambda text: not text.startswith(PREFIX)))
def test_what_was_packed_comes_back(text: str) -> None:
    assert unpacked(packed(text)) == text
    assert unpacked(text) == text


def test_short_text_stays_readable_and_long_text_gets_shorter() -> None:
    short = "x" * (MIN_CHARACTERS - 1)
    assert packed(short) == short
    text = ",".join(f"arn:aws:iam::123456789012:role/team-{number}" for number in range(20))
    assert packed(text).startswith(PREFIX)
    assert len(packed(text)) < len(text) / 3


@pytest.mark.parametrize("value", ["zlib:", "zlib:!", "zlib:AAAA", packed("x" * 600)[:-8]])
def test_a_value_that_was_cut_is_named_and_not_a_crash(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBCHUTE_TABLE", value)
    with pytest.raises(EnvironmentVariablesError, match="JOBCHUTE_TABLE: "):
        LedgerSettings.from_environment()

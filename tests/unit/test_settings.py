"""The environment: each function says what it needs, and a missing variable is named."""

import pytest

from jobchute import settings as module
from jobchute.errors import EnvironmentVariablesError
from jobchute.requests.guardrails import GuardRails
from jobchute.settings import DispatchSettings, LedgerSettings, Settings, ValidateSettings

ALL = [
    value
    for value in vars(module).values()
    if isinstance(value, type) and issubclass(value, Settings) and value is not Settings
]
VALUES = {
    "JOBCHUTE_TABLE": "ledger",
    "JOBCHUTE_GUARD_RAILS": '{"roles": ["arn:aws:iam::123456789012:role/x"]}',
}


def required(settings: type[Settings]) -> list[str]:
    return [name for name, is_required in settings.variables().items() if is_required]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in {name for settings in ALL for name in required(settings)}:
        monkeypatch.setenv(name, VALUES.get(name, "some-name"))


@pytest.mark.parametrize("settings", ALL, ids=lambda settings: settings.__name__)
def test_every_function_s_settings_are_read(settings: type[Settings]) -> None:
    read = settings.from_environment()
    assert {f"JOBCHUTE_{name.upper()}" for name in vars(read)} == settings.variables().keys()
    assert vars(read).get("table") == ("ledger" if "table" in settings.types else None)


@pytest.mark.parametrize("settings", ALL, ids=lambda settings: settings.__name__)
def test_a_missing_variable_is_named(settings: type[Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in required(settings):
        with monkeypatch.context() as without:
            without.delenv(name)
            with pytest.raises(EnvironmentVariablesError, match=name):
                settings.from_environment()


def test_a_variable_s_name_is_the_field_s_in_capitals() -> None:
    assert LedgerSettings.variables() == {"JOBCHUTE_TABLE": True, "JOBCHUTE_RETENTION_SECONDS": False}


def test_the_names_and_numbers_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBCHUTE_LEASE_SECONDS", "77")
    read = DispatchSettings.from_environment()
    assert (read.table, read.lease_seconds, read.fireworks_url) == ("ledger", 77, "https://api.fireworks.ai")


def test_the_guard_rails_are_parsed() -> None:
    rails = ValidateSettings.from_environment().guard_rails
    assert rails == GuardRails(roles=("arn:aws:iam::123456789012:role/x",))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JOBCHUTE_GUARD_RAILS", "not JSON"),
        ("JOBCHUTE_GUARD_RAILS", '{"roless": []}'),
        ("JOBCHUTE_LEASE_SECONDS", "soon"),
        ("JOBCHUTE_RETENTION_SECONDS", ""),
    ],
)
def test_a_malformed_variable_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(EnvironmentVariablesError, match=name):
        ValidateSettings.from_environment()


def test_all_that_is_missing_or_malformed_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JOBCHUTE_TABLE")
    monkeypatch.setenv("JOBCHUTE_LEASE_SECONDS", "soon")
    with pytest.raises(EnvironmentVariablesError, match="JOBCHUTE_TABLE is missing; JOBCHUTE_LEASE_SECONDS: "):
        DispatchSettings.from_environment()

"""The key of the audit log."""

from __future__ import annotations

import pytest
from ledger import Ledger

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.executor.audit.audit_key import read_or_make_key


def test_the_key_is_made_once_for_its_owner_alone(ledger: Ledger) -> None:
    ledger.write(1)
    key = ledger.key_file.read_bytes()
    assert (len(key), ledger.key_file.stat().st_mode & 0o777) == (32, 0o600)
    assert [file.name for file in ledger.key_file.parent.iterdir()] == ["audit.key"]
    ledger.write(1)
    assert ledger.key_file.read_bytes() == key
    assert ledger.file.stat().st_mode & 0o777 == 0o600


def test_a_key_of_another_size_or_open_to_others_is_refused(ledger: Ledger) -> None:
    ledger.write(1)
    ledger.key_file.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        ledger.verify()
    ledger.key_file.chmod(0o600)
    ledger.key_file.write_bytes(b"short")
    with pytest.raises(ConfigError, match="32 bytes are wanted"):
        ledger.verify()


def test_a_key_in_the_state_folder_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ConfigError, match="lies in the state folder"):
        read_or_make_key(ledger.state / "keys" / "audit.key", away_from=ledger.state)


def test_another_key_verifies_nothing(ledger: Ledger) -> None:
    ledger.write(3)
    ledger.key_file.unlink()
    read_or_make_key(ledger.key_file, away_from=ledger.state)
    assert ledger.verify().fault is not None

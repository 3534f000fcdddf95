"""``taskmatrix audit verify``, offline and beside a store that is open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from test_cli import document, taskmatrix

from taskmatrix_ros.cli.exit_status import ExitStatus
from taskmatrix_ros.executor.audit.audit_log import AuditLog
from taskmatrix_ros.store.audit_head import AuditHead
from taskmatrix_ros.store.database import Database


@pytest.fixture
def profile(tmp_path: Path) -> str:
    path = tmp_path / "mine.yaml"
    path.write_text(
        f"manifests: [home.yaml]\nstate_folder: '{tmp_path}/state'\naudit: {{key_file: '{tmp_path}/audit.key'}}\n"
    )
    return str(path)


@pytest.fixture
def log(profile: str, tmp_path: Path) -> Iterator[AuditLog]:
    database = Database(tmp_path / "state" / "taskmatrix.sqlite")
    database.open()
    log = AuditLog(tmp_path / "state" / "audit", tmp_path / "audit.key", AuditHead(database))
    log.open()
    for number in range(4):
        log.record("call_allowed", {"number": number})
    yield log
    log.close()
    database.close()


def test_a_sound_log_is_done_also_while_the_store_is_open(profile: str, log: AuditLog) -> None:
    status, said = document("audit", "verify", "--profile", profile)
    assert (status, said["succeeded"], said["entries"], said["known_to_journal"]) == (0, True, 4, 4)
    log.close()
    assert document("audit", "verify", "--profile", profile)[0] == 0
    status, _, err = taskmatrix("audit", "verify", "--profile", profile)
    assert (status, "4 entries in 1 files are as they were written" in err) == (0, True)


def test_the_first_fault_is_named_with_file_and_line(profile: str, log: AuditLog, tmp_path: Path) -> None:
    file = tmp_path / "state" / "audit" / "audit.jsonl"
    file.write_bytes(file.read_bytes().replace(b'"number":2', b'"number":9'))
    status, said = document("audit", "verify", "--profile", profile)
    assert (status, said["succeeded"]) == (ExitStatus.FAILED, False)
    assert (said["fault"]["file"], said["fault"]["line"]) == (str(file), 3)
    status, _, err = taskmatrix("audit", "verify", "--profile", profile)
    assert status == ExitStatus.FAILED
    assert f"{file}:3: the entry was changed" in err


def test_what_is_missing_is_one_clear_line(profile: str, tmp_path: Path) -> None:
    status, _, err = taskmatrix("audit", "verify", "--profile", profile)
    assert (status, len(err.strip().splitlines())) == (ExitStatus.USAGE, 1)
    assert "audit.key" in err
    (tmp_path / "audit.key").write_bytes(b"k" * 32)
    (tmp_path / "audit.key").chmod(0o600)
    status, _, err = taskmatrix("audit", "verify", "--profile", profile)
    assert (status, "does not exist" in err) == (ExitStatus.USAGE, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("approve", "--deny"),
        ("answer", "Q1"),
        ("runs", "resolve", "RUN", "CALL", "perhaps"),
        ("runs", "pause"),
    ],
)
def test_words_that_make_no_sense_are_usage_errors(arguments: tuple[str, ...]) -> None:
    assert taskmatrix(*arguments)[0] == ExitStatus.USAGE

"""``taskmatrix audit verify``: whether the audit log is what was written. Needs no node."""

from __future__ import annotations

from typing import Any

import typer

from taskmatrix_ros.app.profile.settings import load_settings
from taskmatrix_ros.cli.exit_status import ExitStatus
from taskmatrix_ros.cli.output import JsonOption, command, errors, escape, print_json
from taskmatrix_ros.cli.up_command import ProfileOption
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.executor.audit.audit_chain import Chain, audit_files
from taskmatrix_ros.executor.audit.audit_check import check_audit
from taskmatrix_ros.executor.audit.audit_key import read_key
from taskmatrix_ros.store.audit_head import read_audit_head

audit = typer.Typer(help="Check the log of what was let through and who said yes.", no_args_is_help=True)


@audit.command("verify")
@command
def verify(*, profile: ProfileOption = "demo", as_json: JsonOption = False) -> ExitStatus:
    """Check every entry, their order and their number; a node may be running."""
    settings = load_settings(profile)
    chain = Chain(read_key(settings.audit_key_file))
    head = read_audit_head(settings.store_file)  # before the files: they may run ahead of it, never behind
    files = audit_files(settings.audit_folder)
    try:
        report = check_audit(files, chain, head)
    except OSError as error:
        raise ConfigError(
            f"audit log '{settings.audit_folder}' cannot be read: {error.strerror}; make it readable"
        ) from error
    fault = report.fault
    plain: dict[str, Any] = {
        "succeeded": fault is None,
        "entries": report.entries,
        "files": [str(file) for file in files],
        "known_to_journal": head.count if head else 0,
        "torn_bytes": report.torn,
        "fault": None if fault is None else {"file": fault.file, "line": fault.line, "problem": fault.problem},
    }
    if as_json:
        print_json(plain)
    elif fault is not None:
        errors.print(f"[red]error[/] {escape(str(fault))}")
        errors.print(f"    the {report.entries} entries before it are as they were written")
    else:
        cut = f"; {report.torn} bytes of a last write were cut short by a crash" if report.torn else ""
        errors.print(f"{report.entries} entries in {len(files)} files are as they were written{cut}")
    return ExitStatus.DONE if fault is None else ExitStatus.FAILED

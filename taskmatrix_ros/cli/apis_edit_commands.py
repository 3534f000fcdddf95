"""``taskmatrix apis register, update, delete, rollback, approve, history``: what an operator does with documents."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from taskmatrix_ros.cli.apis_commands import apis
from taskmatrix_ros.cli.do_command import NamespaceOption
from taskmatrix_ros.cli.exit_status import ExitStatus, UsageError
from taskmatrix_ros.cli.output import JsonOption, command, console, errors, escape, print_json
from taskmatrix_ros.cli.registry_access import NodeOwns, changing, looking, me
from taskmatrix_ros.cli.runs_commands import request
from taskmatrix_ros.cli.up_command import ProfileOption
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.errors import ConfigError, RequestError
from taskmatrix_ros.registry.editor import Editor

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of the API.")]
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="YAML; a bulk file is JSON lines, *.jsonl.")]
OwnerOption = Annotated[str, typer.Option(help="Who answers for it.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Check and show only.")]

Told = dict[str, Any]


def at_node_or_here(
    profile: str, namespace: str, here: Callable[[Editor], Told], at_node: Callable[[Callable[..., Any]], Any]
) -> Told:
    """Change the store, or have the node do it that owns it.

    :param at_node: asks a service by its type, name and fields; gives the response.
    :raises RequestError: the node refuses.
    """
    try:
        with changing(profile) as registry:
            return here(Editor(registry))
    except NodeOwns:
        pass

    def ask(kind: str, service: str, /, **fields: Any) -> Any:
        response = request(namespace, kind, service, **fields)
        for found in getattr(response, "diagnostics", ()):
            message, hint = _words(found, "message"), _words(found, "hint")
            errors.print(escape(f"{message}; {hint}" if hint else message))
        if not response.success:
            raise RequestError(response.message, code=response.error_code or "REQUEST")
        return response

    response = at_node(ask)
    if isinstance(response, dict):
        return response
    fields = ("message", "names", "version", "needs_approval", "diff")
    told = {field: getattr(response, field) for field in fields if hasattr(response, field)}
    if "names" in told:
        told["names"] = list(told["names"])
    return told


def _words(found: Any, field: str) -> str:
    return str(found[field] if isinstance(found, dict) else getattr(found, field))


def show(told: Told, as_json: bool) -> ExitStatus:
    """Print what became of a command."""
    if as_json:
        print_json({"succeeded": True, **told})
        return ExitStatus.DONE
    for line in told.get("findings", ()):
        errors.print(f"[yellow]note[/] {escape(line)}")
    if told.get("diff"):
        console.print(escape(told["diff"]))
    if told.get("message"):
        errors.print(escape(told["message"]))
    return ExitStatus.DONE


@apis.command("register")
@command
def register(
    file: FileArgument,
    *,
    owner: OwnerOption = "",
    approve: Annotated[bool, typer.Option("--approve", help="Approve what is registered.")] = False,
    dry_run: DryRunOption = False,
    profile: ProfileOption = "demo",
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Add the documents of a package; they wait for `apis approve`. A *.jsonl file is taken in batches."""
    if file.suffix == ".jsonl":
        return show(_bulk(file, profile, dry_run=dry_run), as_json)
    text = _text(file)

    def here(editor: Editor) -> Told:
        names, found = editor.register(text, author=me(), owner=owner, source=f"file {file.name}", dry_run=dry_run)
        if approve and not dry_run:
            editor.approve(names, by=me())
        return {"names": list(names), "findings": [str(one) for one in found], "message": _added(names, approve)}

    def at_node(ask: Callable[..., Any]) -> Any:
        response = ask("RegisterApi", "register_api", yaml=text, owner=owner, dry_run=dry_run)
        names = list(response.names)
        for name in names if approve and not dry_run else ():
            ask("UpdateApi", "update_api", name=name, enabled=True, approved=True, owner=owner)
        return {"names": names, "message": _added(names, approve)}

    return show(at_node_or_here(profile, namespace, here, at_node), as_json)


@apis.command("update")
@command
def update(
    name: NameArgument,
    file: FileArgument,
    *,
    owner: OwnerOption = "",
    dry_run: DryRunOption = False,
    profile: ProfileOption = "demo",
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Put a new version in the place of a document: the one document in YAML, as `apis show` prints it."""
    text = _text(file)

    def here(editor: Editor) -> Told:
        edited = editor.update(name, text, author=me(), owner=owner, dry_run=dry_run)
        return {
            "version": str(edited.version),
            "needs_approval": edited.needs_approval,
            "diff": edited.diff,
            "findings": [str(one) for one in edited.findings],
            "message": f"version {edited.version}" + ("; it waits for `apis approve`" if edited.needs_approval else ""),
        }

    def at_node(ask: Callable[..., Any]) -> Any:
        if dry_run:
            raise UsageError("a running node shows no update that it does not make; leave --dry-run out")
        return ask("UpdateApi", "update_api", name=name, yaml=text, owner=owner, enabled=True)

    return show(at_node_or_here(profile, namespace, here, at_node), as_json)


@apis.command("delete")
@command
def delete(
    name: NameArgument,
    *,
    profile: ProfileOption = "demo",
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Take a document out; its versions stay in the history."""

    def here(editor: Editor) -> Told:
        needed_by = editor.delete(name, author=me())
        return {"message": f"'{name}' is deleted" + (f"; still named by {', '.join(needed_by)}" if needed_by else "")}

    return show(
        at_node_or_here(profile, namespace, here, lambda ask: ask("DeleteApi", "delete_api", name=name)), as_json
    )


@apis.command("rollback")
@command
def rollback(
    name: NameArgument,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="A number of `apis history`, or like 1.0.0.")],
    *,
    profile: ProfileOption = "demo",
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Make an earlier version the current one; also of a deleted document."""

    def here(editor: Editor) -> Told:
        edited = editor.rollback(name, version, author=me())
        waits = "; it waits for `apis approve`" if edited.needs_approval else ""
        return {"diff": edited.diff, "message": f"as in version {version}, now version {edited.version}{waits}"}

    def at_node(ask: Callable[..., Any]) -> Any:
        return ask("RollbackApi", "rollback_api", name=name, version=version)

    return show(at_node_or_here(profile, namespace, here, at_node), as_json)


@apis.command("approve")
@command
def approve(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]…", help="Names of APIs.")] = None,
    *,
    package: Annotated[str, typer.Option(help="Every document of a package, its state and composites.")] = "",
    profile: ProfileOption = "demo",
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Let documents be used as they are now."""
    if not names and not package:
        raise UsageError("name the APIs to approve, or a --package; `apis list --waiting` shows what waits")

    def here(editor: Editor) -> Told:
        approved = [*editor.approve(names or (), by=me())]
        if package:
            approved += editor.approve_package(package, by=me())
        return {"names": approved, "message": f"approved {len(approved)}: {', '.join(approved[:20]) or 'nothing new'}"}

    def at_node(ask: Callable[..., Any]) -> Any:
        wanted = list(names or ())
        if package:
            listed = ask("ListApis", "list_apis", package=package, limit=10_000).apis
            wanted += [_words(api, "name") for api in listed]
        for name in wanted:
            ask("UpdateApi", "update_api", name=name, enabled=True, approved=True, owner=me())
        return {"names": wanted, "message": f"approved {len(wanted)}: {', '.join(wanted[:20]) or 'nothing new'}"}

    return show(at_node_or_here(profile, namespace, here, at_node), as_json)


@apis.command("history")
@command
def history(
    name: NameArgument,
    *,
    between: Annotated[str, typer.Option("--diff", metavar="OLD[..NEW]", help="Show what changed.")] = "",
    profile: ProfileOption = "demo",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Show every version of a document, with author and time; or the difference of two."""
    with looking(profile) as registry:
        editor = Editor(registry)
        if between:
            old, _, new = between.partition("..")
            return show({"diff": editor.difference(name, old, new) or "no difference"}, as_json)
        versions = editor.history(name)
    if as_json:
        print_json({"versions": [_version(version) for version in versions]})
        return ExitStatus.DONE
    for version in versions:
        moment = f"{version.at:%Y-%m-%d %H:%M:%S}"
        console.print(f"{version.version:>4}  {moment}  {version.change.value:<12}", escape(version.author))
    return ExitStatus.DONE


def _version(version: Any) -> Told:
    document = json.loads(version.document) if version.document else None
    plain = {"version": version.version, "change": version.change.value, "author": version.author}
    return {**plain, "at": version.at.isoformat(), "document": document}


def _bulk(file: Path, profile: str, *, dry_run: bool) -> Told:
    if dry_run:
        count = sum(1 for _ in _documents(file))
        return {"message": f"{count} documents have the right shape"}
    taken = 0
    with changing(profile) as registry:
        package = "".join(letter if letter.isalnum() else "_" for letter in file.stem.lower()) or "bulk"
        for taken in Editor(registry).register_bulk(_documents(file), package, author=me(), source=f"file {file.name}"):
            if taken % 10_000 == 0:
                errors.print(f"{taken} documents taken")
    return {"count": taken, "message": f"registered {taken}; they wait for `apis approve --package {package}`"}


def _documents(file: Path) -> Iterator[ApiDocument]:
    try:
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    try:
                        yield ApiDocument.model_validate_json(line)
                    except ValidationError as error:
                        first = error.errors(include_url=False)[0]
                        place = ".".join(map(str, first["loc"]))
                        raise ConfigError(
                            f"{file}:{number}: {place}: {first['msg']}; correct the line; what came before it is taken"
                        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}; correct it") from error


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise ConfigError(f"{file} cannot be read: {problem}; name a YAML file") from error


def _added(names: Any, approved: bool) -> str:
    shown = ", ".join(list(names)[:20]) + (", …" if len(names) > 20 else "")
    return f"registered {len(names)}: {shown}; " + ("approved" if approved else "they wait for `apis approve`")

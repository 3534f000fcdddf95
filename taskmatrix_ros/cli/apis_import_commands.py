"""``taskmatrix apis import ros, openapi, mcp``: drafts of documents from what others describe."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

import typer

from taskmatrix_ros.app.platform.import_text import import_summary, write_import
from taskmatrix_ros.app.platform.openapi_source import read_openapi
from taskmatrix_ros.app.profile.settings import Settings, load_settings
from taskmatrix_ros.bindings.mcp.mcp_tools import describe_server
from taskmatrix_ros.cli.apis_commands import apis
from taskmatrix_ros.cli.apis_edit_commands import DryRunOption, Told, at_node_or_here, show
from taskmatrix_ros.cli.do_command import NamespaceOption
from taskmatrix_ros.cli.exit_status import ExitStatus, UsageError
from taskmatrix_ros.cli.output import JsonOption, command, errors, escape
from taskmatrix_ros.cli.registry_access import me
from taskmatrix_ros.cli.ros_link import ros_node
from taskmatrix_ros.cli.up_command import ProfileOption
from taskmatrix_ros.core.main_loop import run_until_signal
from taskmatrix_ros.registry import mcp_import, openapi_import, ros_import
from taskmatrix_ros.registry.draft import Draft
from taskmatrix_ros.registry.editor import Editor

imports = typer.Typer(help="Draft documents from what others describe; they wait for approval.", no_args_is_help=True)
apis.add_typer(imports, name="import")

PackageOption = Annotated[str, typer.Option(help="Name of the package; made of the source's own if left out.")]

_DISCOVERY_S = 2.0


@imports.command("openapi")
@command
def import_openapi(
    source: Annotated[str, typer.Argument(metavar="FILE_OR_URL", help="An OpenAPI 3.x description.")],
    *,
    package: PackageOption = "",
    server: Annotated[str, typer.Option(help="Address of the service, in the place of the description's.")] = "",
    dry_run: DryRunOption = False,
    profile: ProfileOption = "demo",
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """A document for each operation: GET reads, the rest is hazardous until you say otherwise."""
    settings = load_settings(profile)
    described = _run(read_openapi(source, settings))
    draft, _ = openapi_import.draft_openapi(described, source=source, package=package, server=server)
    return _take(draft, openapi_import.SOURCE, profile, namespace, dry_run=dry_run, as_json=as_json)


@imports.command("mcp")
@command
def import_mcp(
    server: Annotated[str, typer.Argument(metavar="SERVER", help="A name in the profile's mcp.servers.")],
    *,
    package: PackageOption = "",
    dry_run: DryRunOption = False,
    profile: ProfileOption = "demo",
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """A document for each tool: by its hints, and hazardous where there are none."""
    settings = load_settings(profile)
    servers = settings.mcp.servers if settings.mcp is not None else {}
    if server not in servers:
        known = ", ".join(servers) or "none"
        raise UsageError(f"mcp server '{server}' is not in the profile; there are {known}; add it to mcp.servers")
    described = _run(describe_server(server, servers[server], settings.secrets, settings.http.private_hosts))
    draft = mcp_import.draft_tools(
        described.tools, server=server, package=package, version=described.version, description=described.description
    )
    return _take(draft, mcp_import.SOURCE, profile, namespace, dry_run=dry_run, as_json=as_json)


@imports.command("ros")
@command
def import_ros(
    *,
    package: PackageOption = "ros_graph",
    dry_run: DryRunOption = False,
    profile: ProfileOption = "demo",
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """A document for each action, service and topic that is seen now; all hazardous until you say otherwise."""
    settings = load_settings(profile)
    draft = ros_import.draft_graph(_run(_graph(settings)), package=package)
    return _take(draft, ros_import.SOURCE, profile, namespace, dry_run=dry_run, as_json=as_json)


async def _graph(settings: Settings) -> list[ros_import.InterfaceDescription]:
    own = (settings.ros.namespace,) if settings.ros else ("/taskmatrix",)
    async with ros_node("taskmatrix_import") as thread:
        from taskmatrix_ros.ros.graph_reader import read_graph

        await asyncio.sleep(_DISCOVERY_S)  # nothing tells when all of a graph has been discovered
        found: list[ros_import.InterfaceDescription] = await read_graph(thread, own_namespaces=own)
        return found


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    result = run_until_signal(work)
    if result is None:
        raise UsageError("the import was interrupted; nothing was changed")
    return result


def _take(draft: Draft, source: str, profile: str, namespace: str, *, dry_run: bool, as_json: bool) -> ExitStatus:
    for finding in draft.findings if not as_json else ():
        errors.print(f"[yellow]note[/] {escape(finding.message)}; {escape(finding.hint)}")
    package = draft.done()

    def here(editor: Editor) -> Told:
        told = editor.import_package(package, source=source, author=me(), dry_run=dry_run)
        return {
            "package": package.package,
            "added": list(told.added),
            "changed": list(told.changed),
            "removed": list(told.removed),
            "kept": list(told.kept),
            "findings": [str(one) for one in told.findings],
            "left_out": [one.message for one in draft.findings],
            "message": import_summary(told, dry_run=dry_run),
        }

    def at_node(ask: Callable[..., Any]) -> Any:
        return ask("RegisterApi", "register_api", yaml=write_import(package, source), dry_run=dry_run)

    return show(at_node_or_here(profile, namespace, here, at_node), as_json)

"""``taskmatrix mcp``: what runs, offered to programs that speak the Model Context Protocol."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

from taskmatrix_ros.cli.do_command import NamespaceOption
from taskmatrix_ros.cli.exit_status import ExitStatus
from taskmatrix_ros.cli.home_link import any_client
from taskmatrix_ros.cli.output import command, errors, escape
from taskmatrix_ros.core.main_loop import run_until_signal


@command
def mcp(
    *,
    port: Annotated[
        int, typer.Option("--http", metavar="PORT", min=0, max=65_535, help="Serve at 127.0.0.1:PORT/mcp instead.")
    ] = 0,
    namespace: NamespaceOption = "/taskmatrix",
) -> ExitStatus:
    """Offer search_apis, plan, do, list_runs and list_rules of what runs, over standard input and output.

    It can ask, through the same gate as everybody; it never approves.
    """
    logging.getLogger("mcp").setLevel(logging.WARNING)

    async def program() -> None:
        from taskmatrix_ros.app.platform.mcp_server import make_server

        async with any_client(namespace) as client:
            server = make_server(client)
            if port:
                errors.print(escape(f"serving at http://127.0.0.1:{port}/mcp; Ctrl-C ends it"))
                await server.run_streamable_http_async(host="127.0.0.1", port=port)
            else:
                await server.run_stdio_async()

    run_until_signal(program())
    return ExitStatus.DONE

"""Services of the API platform: documents by name, by words, and what an operator does with them."""

from __future__ import annotations

from typing import Any

from taskmatrix_interfaces import msg
from taskmatrix_interfaces.srv import DeleteApi, ListApis, RegisterApi, RollbackApi, SearchApis, UpdateApi
from taskmatrix_ros.app.import_text import FORGET_LINE, IMPORT_LINE, import_text
from taskmatrix_ros.app.system import System
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.errors import ManifestError
from taskmatrix_ros.core.outline import Outline, OutlineStep
from taskmatrix_ros.node.loop_services import Handler, LoopServices
from taskmatrix_ros.node.messages import diagnostic_message, time_message
from taskmatrix_ros.registry.document_text import to_yaml
from taskmatrix_ros.ros.node_thread import NodeThread

_AUTHOR = "service"


class RegistryServer:
    """Whoever may call services of this graph has the operator right; action code has no way to them."""

    def __init__(self, thread: NodeThread, system: System) -> None:
        self._system = system
        self._editor = system.editor
        self._services = LoopServices(thread)

    async def open(self) -> None:
        """Offer the services."""
        served: tuple[tuple[Any, str, Handler], ...] = (
            (RegisterApi, "register_api", self._register),
            (UpdateApi, "update_api", self._update),
            (DeleteApi, "delete_api", self._delete),
            (RollbackApi, "rollback_api", self._rollback),
            (ListApis, "list_apis", self._list),
            (SearchApis, "search_apis", self._search),
        )
        for kind, name, handler in served:
            await self._services.serve(kind, name, handler)

    async def close(self) -> None:
        """Withdraw the services."""
        await self._services.close()

    async def _register(self, request: RegisterApi.Request, response: RegisterApi.Response) -> None:
        try:
            if request.yaml.startswith(IMPORT_LINE):
                told = import_text(self._editor, request.yaml, author=_AUTHOR, dry_run=request.dry_run)
                response.names = [*told.added, *told.changed]
                found = told.findings
                response.message = told.text
            else:
                names, found = self._editor.register(
                    request.yaml, author=_AUTHOR, owner=request.owner, dry_run=request.dry_run
                )
                response.names = list(names)
        except ManifestError as error:
            response.diagnostics = [diagnostic_message(finding) for finding in error.diagnostics]
            raise
        response.diagnostics = [diagnostic_message(finding) for finding in found]
        response.success = True

    async def _update(self, request: UpdateApi.Request, response: UpdateApi.Response) -> None:
        name = request.name
        entry, _ = self._editor.entry(name)
        version, needs_approval = entry.version, not entry.is_approved
        if request.yaml.startswith(FORGET_LINE):
            forgotten = request.yaml.removeprefix(FORGET_LINE).strip()
            count = self._system.registry.forget_examples(name, text="" if forgotten == "*" else forgotten)
            response.version, response.message, response.success = str(version), f"forgot {count}", True
            return
        if request.yaml:
            try:
                edited = self._editor.update(name, request.yaml, author=_AUTHOR, owner=request.owner)
            except ManifestError as error:
                response.diagnostics = [diagnostic_message(finding) for finding in error.diagnostics]
                raise
            version, needs_approval = edited.version, edited.needs_approval
            response.diff = edited.diff
            response.diagnostics = [diagnostic_message(finding) for finding in edited.findings]
        if request.approved:
            self._editor.approve([name], by=request.owner or _AUTHOR)
            needs_approval = False
        self._editor.enable(name, enabled=request.enabled)
        response.version, response.needs_approval = str(version), needs_approval
        if needs_approval:
            response.message = f"api '{name}' waits for an operator's approval"
        response.success = True

    async def _delete(self, request: DeleteApi.Request, response: DeleteApi.Response) -> None:
        needed_by = self._editor.delete(request.name, author=_AUTHOR)
        response.message = f"api '{request.name}' is deleted"
        if needed_by:
            response.message += f"; still named by {', '.join(needed_by)}"
        response.success = True

    async def _rollback(self, request: RollbackApi.Request, response: RollbackApi.Response) -> None:
        edited = self._editor.rollback(request.name, request.version, author=_AUTHOR)
        response.diff = edited.diff
        response.message = f"api '{request.name}' is as in version {request.version}, now version {edited.version}"
        if edited.needs_approval:
            response.message += "; it waits for an operator's approval"
        response.success = True

    async def _list(self, request: ListApis.Request, response: ListApis.Response) -> None:
        limit = request.limit or 200
        store = self._system.registry.store
        entries = store.entries(
            package=request.package, after=request.cursor, limit=limit + 1, active=request.enabled_only
        )
        response.apis = [self._message(entry.name, with_yaml=request.with_yaml) for entry in entries[:limit]]
        response.total = store.count_of(request.package, active=request.enabled_only)
        response.cursor = entries[limit - 1].name if len(entries) > limit else ""
        response.success = True

    async def _search(self, request: SearchApis.Request, response: SearchApis.Response) -> None:
        selector = self._system.selector
        steps = tuple(request.steps)
        hits = selector.search(request.query, limit=request.limit or 10, steps=steps)
        response.apis = [self._message(hit.document.name, with_yaml=request.with_yaml, score=hit.score) for hit in hits]
        texts = steps or (request.query,)
        parts = tuple(OutlineStep(id=str(number), text=text) for number, text in enumerate(texts))
        outline = Outline(instruction=request.query, planner="search", steps=parts)
        response.missing = "; ".join(selector.missing(outline).values())
        response.success = True

    def _message(self, name: str, *, with_yaml: bool, score: float = 0.0) -> msg.ApiDocument:
        entry, document = self._editor.entry(name)
        versions = self._system.registry.store.version(name, entry.version)
        return document_message(
            document,
            enabled=entry.active,
            approved=entry.is_approved,
            updated=time_message(versions.at if versions else None),
            yaml=to_yaml(document) if with_yaml else "",
            score=score,
        )


def document_message(
    document: ApiDocument, *, enabled: bool, approved: bool, updated: Any, yaml: str, score: float
) -> msg.ApiDocument:
    """Give a document with what the registry knows of it."""
    return msg.ApiDocument(
        name=document.name,
        package=document.package,
        version=document.version,
        description=document.description,
        effect=document.effect.value,
        owner=document.owner,
        source=document.source,
        enabled=enabled,
        approved=approved,
        score=score,
        yaml=yaml,
        updated_at=updated,
    )

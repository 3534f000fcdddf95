"""What services and the local socket ask of the API platform, in plain values."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import ValidationError

from taskmatrix_ros.app.platform.import_text import FORGET_LINE, IMPORT_LINE, import_text
from taskmatrix_ros.app.system import System
from taskmatrix_ros.core.errors import RequestError
from taskmatrix_ros.core.feedback import Feedback, Verdict
from taskmatrix_ros.core.outline import Outline, OutlineStep
from taskmatrix_ros.registry.document_text import to_yaml

Plain = dict[str, Any]

_AUTHOR = "service"
_MOST = 10_000


class ApiDesk:
    """Each method gives the fields of the service of its name; ``diagnostics`` are ``core.diagnostic.Diagnostic``.

    Whoever asks here has the operator right: services of the node's graph, and the user who runs a home. Action code
    has no way to it.

    :raises TaskMatrixError: by any method: what is asked for cannot be done; nothing was changed.
    """

    def __init__(self, system: System) -> None:
        self._system = system
        self._editor = system.editor

    def handlers(self) -> dict[str, Callable[[Plain], Awaitable[Plain]]]:
        """Give what answers each request by name, its findings as text."""
        methods: dict[str, Callable[..., Plain]] = {
            "delete_api": self.delete_api,
            "give_feedback": self.give_feedback,
            "list_apis": self.list_apis,
            "register_api": self.register_api,
            "rollback_api": self.rollback_api,
            "search_apis": self.search_apis,
            "update_api": self.update_api,
        }

        def handler(method: Callable[..., Plain]) -> Callable[[Plain], Awaitable[Plain]]:
            async def handle(asked: Plain) -> Plain:
                told = method(**asked)
                told["diagnostics"] = [found.model_dump(mode="json") for found in told.get("diagnostics", ())]
                return {"success": True, "message": "", "error_code": ""} | told

            return handle

        return {name: handler(method) for name, method in methods.items()}

    def register_api(self, *, yaml: str, owner: str = "", dry_run: bool = False) -> Plain:
        """Add documents, or take an import."""
        if yaml.startswith(IMPORT_LINE):
            told = import_text(self._editor, yaml, author=_AUTHOR, dry_run=dry_run)
            return {"names": [*told.added, *told.changed], "diagnostics": told.findings, "message": told.text}
        names, found = self._editor.register(yaml, author=_AUTHOR, owner=owner, dry_run=dry_run)
        return {"names": list(names), "diagnostics": found}

    def update_api(
        self, *, name: str, yaml: str = "", owner: str = "", enabled: bool = False, approved: bool = False
    ) -> Plain:
        """Change a document's text, approval and whether it is enabled; or forget an example."""
        entry, _ = self._editor.entry(name)
        told: Plain = {"version": str(entry.version), "needs_approval": not entry.is_approved}
        if yaml.startswith(FORGET_LINE):
            forgotten = yaml.removeprefix(FORGET_LINE).strip()
            count = self._editor.forget_examples(name, "" if forgotten == "*" else forgotten)
            return told | {"message": f"forgot {count}"}
        if yaml:
            edited = self._editor.update(name, yaml, author=_AUTHOR, owner=owner)
            told |= {"version": str(edited.version), "needs_approval": edited.needs_approval, "diff": edited.diff}
            told["diagnostics"] = edited.findings
        if approved:
            self._editor.approve([name], by=owner or _AUTHOR)
            told["needs_approval"] = False
        self._editor.enable(name, enabled=enabled)
        if told["needs_approval"]:
            told["message"] = f"api '{name}' waits for an operator's approval"
        return told

    def delete_api(self, *, name: str) -> Plain:
        """Take a document out."""
        needed_by = self._editor.delete(name, author=_AUTHOR)
        still = f"; still named by {', '.join(needed_by)}" if needed_by else ""
        return {"message": f"api '{name}' is deleted{still}"}

    def rollback_api(self, *, name: str, version: str) -> Plain:
        """Make an earlier version the current one."""
        edited = self._editor.rollback(name, version, author=_AUTHOR)
        waits = "; it waits for an operator's approval" if edited.needs_approval else ""
        message = f"api '{name}' is as in version {version}, now version {edited.version}{waits}"
        return {"diff": edited.diff, "message": message}

    def list_apis(
        self,
        *,
        package: str = "",
        enabled_only: bool = False,
        with_yaml: bool = False,
        limit: int = 0,
        cursor: str = "",
    ) -> Plain:
        """Give documents by name, a page at a time."""
        limit = min(limit or 200, _MOST)
        store = self._system.registry.store
        entries = store.entries(package=package, after=cursor, limit=limit + 1, active=enabled_only)
        return {
            "apis": [self._plain(entry.name, with_yaml=with_yaml) for entry in entries[:limit]],
            "total": store.count_of(package, active=enabled_only),
            "cursor": entries[limit - 1].name if len(entries) > limit else "",
        }

    def search_apis(
        self, *, query: str, steps: list[str] | None = None, limit: int = 0, with_yaml: bool = False
    ) -> Plain:
        """Give the documents that fit a text, best first, and what none fits."""
        selector, texts = self._system.selector, tuple(steps or ())
        hits = selector.search(query, min(limit or 10, 1000), steps=texts)
        parts = tuple(OutlineStep(id=str(number), text=text) for number, text in enumerate(texts or (query,)))
        missing = selector.missing(Outline(instruction=query, planner="search", steps=parts))
        found = [self._plain(hit.document.name, with_yaml=with_yaml) | {"score": hit.score} for hit in hits]
        return {"apis": found, "missing": "; ".join(missing.values())}

    def give_feedback(self, *, run_id: str, verdict: int, comment: str = "", speaker: str = "") -> Plain:
        """Keep what a person says of a run. :param verdict: 0 bad, 1 good."""
        if verdict not in (0, 1):
            raise RequestError(f"verdict {verdict} is neither 0 (bad) nor 1 (good)", code="BAD_REQUEST")
        meant = Verdict.GOOD if verdict else Verdict.BAD
        try:
            feedback = Feedback(run_id=run_id, verdict=meant, comment=comment, speaker=speaker)
        except ValidationError as error:
            raise RequestError(f"the feedback is wrong: {error}", code="BAD_REQUEST") from error
        names = self._system.feedback.give(feedback)
        what = "learned how it is asked for" if meant is Verdict.GOOD else "forgot this example"
        message = f"kept; {', '.join(names)} {what}" if names else "kept"
        return {"feedback_id": feedback.feedback_id, "message": message}

    def _plain(self, name: str, *, with_yaml: bool) -> Plain:
        entry, document = self._editor.entry(name)
        version = self._system.registry.store.version(name, entry.version)
        return {
            "name": document.name,
            "package": document.package,
            "version": document.version,
            "description": document.description,
            "effect": document.effect.value,
            "owner": document.owner,
            "source": document.source,
            "enabled": entry.active,
            "approved": entry.is_approved,
            "yaml": to_yaml(document) if with_yaml else "",
            "updated_at": version.at.isoformat() if version is not None else None,
        }

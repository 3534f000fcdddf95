"""Drafts documents from an OpenAPI 3.x description."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.errors import ManifestError
from taskmatrix_ros.core.parameter_spec import ParameterSpec
from taskmatrix_ros.core.url_template import UrlTemplate
from taskmatrix_ros.registry.draft import Draft, example_code, version_of
from taskmatrix_ros.registry.schema_types import identifier, parameter_of, return_of, words

SOURCE = "openapi"

_METHODS = ("get", "put", "post", "delete", "patch", "head")
_READS = ("get", "head")
_NOT_OURS = frozenset({"accept", "content-type", "authorization"})
"""Headers that a description may not name as parameters, by its own rules."""
_MAX_REFERENCES = 32


def draft_openapi(document: Any, *, source: str, package: str = "", server: str = "") -> tuple[Draft, int]:
    """Draft a document for each operation.

    What only reads by the rules of HTTP (GET, HEAD) is ``read``; everything else is ``hazardous`` until an owner, who
    knows what it does, says otherwise.

    :param document: the parsed description.
    :param source: its file or address: relative servers are relative to that.
    :param package: the package's name; made of the title if left out.
    :param server: the base URL, in the place of the description's.
    :returns: the drafts and how many operations there are.
    :raises ManifestError: it is no OpenAPI 3.x, names no server, or refers to other files.
    """
    if not isinstance(document, Mapping) or not str(document.get("openapi", "")).startswith("3."):
        raise _refused(source, "this is no OpenAPI 3.x description", "give a file that begins with `openapi: 3.…`")
    info = _mapping(document.get("info"))
    draft = Draft(
        package=package or identifier(str(info.get("title", "")), "service")[:60],
        version=version_of(info.get("version")),
        source=source,
        description=words(info.get("description") or info.get("title")),
    )
    reader = _Reader(document, source, draft, server)
    count = 0
    for path, method, item, operation in reader.operations():
        count += 1
        reader.take(path, method, item, operation)
    reader.tell_secrets()
    return draft, count


class _Reader:
    """Reads one description."""

    def __init__(self, document: Mapping[str, Any], source: str, draft: Draft, server: str) -> None:
        self._document = document
        self._source = source
        self._draft = draft
        self._server = server.rstrip("/")
        self._secrets: dict[str, set[str]] = {}

    def operations(self) -> Iterator[tuple[str, str, Mapping[str, Any], Mapping[str, Any]]]:
        for path, item in _mapping(self._document.get("paths")).items():
            item = self._resolve(_mapping(item))
            for method in _METHODS:
                if isinstance(operation := item.get(method), Mapping):
                    yield str(path), method, item, operation

    def take(self, path: str, method: str, item: Mapping[str, Any], operation: Mapping[str, Any]) -> None:
        where = f"{method.upper()} {path}"
        base = self._base(item, operation)
        parts = _Parts()
        problem = self._parameters(parts, item, operation) or self._body(parts, operation)
        if problem:
            self._draft.skip(where, problem, "describe it by hand if it is needed")
            return
        wanted = operation.get("operationId")
        name = self._draft.name(identifier(wanted if isinstance(wanted, str) else f"{method} {path}", "call"))
        url = base + parts.path_of(path)
        try:
            host = UrlTemplate.parse(url).host
        except ValueError as error:
            self._draft.skip(where, str(error), "give the server's whole address with --server")
            return
        binding: dict[str, Any] = {"kind": "http", "method": method.upper(), "url": url, "query": parts.query}
        binding |= {"headers": parts.headers, "body": parts.body, "body_type": parts.body_type}
        if auth := self._auth(operation, host):
            binding["auth"] = auth
        text = " ".join(dict.fromkeys(filter(None, (words(operation.get(key)) for key in ("summary", "description")))))
        description = words(text or f"{where} of {self._draft.package}", 2000)
        code = example_code(name, parts.specs, parts.examples)
        self._draft.add(
            where,
            name=name,
            description=description,
            parameters=parts.specs,
            returns=self._returns(operation),
            usage_examples=[{"instruction": description.split(". ")[0][:200], "code": code}] if code else [],
            effect="read" if method in _READS else "hazardous",
            idempotent=method in _READS,
            binding={key: value for key, value in binding.items() if value not in (None, {})},
        )

    def tell_secrets(self) -> None:
        for name, hosts in self._secrets.items():
            self._draft.tell(
                f"it wants credentials, which documents call {name!r}",
                f"add to the profile: secrets: {{{name}: {{env: …, hosts: [{', '.join(sorted(hosts))}]}}}}",
            )

    # --- parts of an operation

    def _parameters(self, parts: _Parts, item: Mapping[str, Any], operation: Mapping[str, Any]) -> str | None:
        found: dict[tuple[str, str], Mapping[str, Any]] = {}
        for given in (*_list(item.get("parameters")), *_list(operation.get("parameters"))):
            parameter = self._resolve(_mapping(given))
            found[str(parameter.get("in")), str(parameter.get("name"))] = parameter
        for (place, name), parameter in found.items():
            required = parameter.get("required") is True or place == "path"
            if place == "cookie":
                if required:
                    return f"it needs the cookie {name!r}"
                continue
            if place == "header" and name.lower() in _NOT_OURS:
                continue
            schema = parameter.get("schema") or self._media(parameter)[1].get("schema")
            spec = parameter_of(
                schema, required=required, resolve=self._resolve, description=str(parameter.get("description") or "")
            )
            example = parameter.get("example", _first_example(parameter, self._resolve(_mapping(schema))))
            parts.add(place, name, spec, example)
        return None

    def _body(self, parts: _Parts, operation: Mapping[str, Any]) -> str | None:
        if "requestBody" not in operation:
            return None
        body = self._resolve(_mapping(operation["requestBody"]))
        kind, media = self._media(body)
        if kind is None:
            kinds = ", ".join(_mapping(body.get("content"))) or "nothing"
            return f"its body is {kinds}, neither JSON nor a form"
        required = body.get("required") is True
        spec = parameter_of(media.get("schema"), required=required, resolve=self._resolve)
        example = media.get("example", _first_example(media, self._resolve(_mapping(media.get("schema")))))
        parts.body_type = "form" if "form" in kind else "json"
        # A body that may be left out as a whole stays one parameter: its members would be required or not by turns.
        if spec.properties and (required or not any(inner.required for inner in spec.properties.values())):
            parts.body = {}
            values = _mapping(example)
            for name, inner in spec.properties.items():
                parts.add("body", name, inner, values.get(name))
        else:
            parts.add("whole body", "body", spec, example)
        return None

    def _returns(self, operation: Mapping[str, Any]) -> Any:
        responses = _mapping(operation.get("responses"))
        for status in sorted(responses, key=str):
            if str(status).startswith("2"):
                response = self._resolve(_mapping(responses[status]))
                kind, media = self._media(response)
                if kind is None or "schema" not in media:
                    return None
                text = str(response.get("description") or "")
                return return_of(media["schema"], resolve=self._resolve, description=text)
        return None

    def _media(self, holder: Mapping[str, Any]) -> tuple[str | None, Mapping[str, Any]]:
        content = _mapping(holder.get("content"))
        for kind, media in content.items():
            if kind.partition(";")[0].strip() == "application/json" or kind.partition(";")[0].endswith("+json"):
                return kind, _mapping(media)
        for kind, media in content.items():
            if kind.startswith("application/x-www-form-urlencoded"):
                return kind, _mapping(media)
        return None, {}

    def _auth(self, operation: Mapping[str, Any], host: str) -> dict[str, Any] | None:
        wanted = operation.get("security", self._document.get("security"))
        schemes = _mapping(_mapping(self._document.get("components")).get("securitySchemes"))
        for choice in _list(wanted):
            for name in _mapping(choice):
                scheme = self._resolve(_mapping(schemes.get(name)))
                auth = _auth_of(scheme)
                if auth is not None:
                    secret = self._draft.package
                    self._secrets.setdefault(secret, set()).add(host)
                    return {**auth, "secret": secret}
        return None

    def _base(self, item: Mapping[str, Any], operation: Mapping[str, Any]) -> str:
        if self._server:
            return self._server
        for holder in (operation, item, self._document):
            for server in _list(holder.get("servers")):
                url = str(_mapping(server).get("url", ""))
                for name, variable in _mapping(_mapping(server).get("variables")).items():
                    url = url.replace(f"{{{name}}}", str(_mapping(variable).get("default", "")))
                return self._absolute(url).rstrip("/")
        return self._absolute("/").rstrip("/")

    def _absolute(self, url: str) -> str:
        if urlsplit(url).scheme:
            return url
        if urlsplit(self._source).scheme in ("http", "https"):
            return urljoin(self._source, url)
        raise _refused(self._source, f"its server {url!r} is no whole address", "give it with --server https://…")

    def _resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow references within the document; one that leads in a circle gives nothing."""
        for _ in range(_MAX_REFERENCES):
            reference = node.get("$ref")
            if not isinstance(reference, str):
                return node
            if not reference.startswith("#/"):
                raise _refused(
                    self._source,
                    f"$ref {reference[:80]!r} leads out of the file, which is not followed",
                    "put everything into one file",
                )
            found: Any = self._document
            for part in reference[2:].split("/"):
                part = part.replace("~1", "/").replace("~0", "~")
                found = found.get(part) if isinstance(found, Mapping) else None
            if not isinstance(found, Mapping):
                raise _refused(self._source, f"$ref {reference[:80]!r} leads nowhere", "correct the description")
            node = found
        return {}


class _Parts:
    """The parameters of an operation, and where each goes."""

    def __init__(self) -> None:
        self.specs: dict[str, ParameterSpec] = {}
        self.examples: dict[str, Any] = {}
        self.query: dict[str, Any] = {}
        self.headers: dict[str, str] = {}
        self.body: Any = None
        self.body_type = "json"
        self._in_path: dict[str, str] = {}

    def add(self, place: str, name: str, spec: ParameterSpec, example: Any) -> None:
        ours = identifier(name)
        if ours in self.specs:  # the same name in the path and in the body, say
            ours = f"{identifier(place)}_{ours}"
        self.specs[ours] = spec
        if example is not None:
            self.examples[ours] = example
        filled = f"{{{ours}}}"
        if place == "path":
            self._in_path[name] = ours
        elif place == "query":
            self.query[name] = filled
        elif place == "header":
            self.headers[name] = filled
        elif place == "body":
            self.body[name] = filled
        else:
            self.body = filled

    def path_of(self, path: str) -> str:
        for theirs, ours in self._in_path.items():
            path = path.replace(f"{{{theirs}}}", f"{{{ours}}}")
        return path if path.startswith("/") else f"/{path}"


def _auth_of(scheme: Mapping[str, Any]) -> dict[str, Any] | None:
    kind, where = scheme.get("type"), scheme.get("in")
    if kind == "http" and str(scheme.get("scheme")).lower() in ("bearer", "basic"):
        return {"kind": str(scheme["scheme"]).lower()}
    if kind in ("oauth2", "openIdConnect"):
        return {"kind": "bearer"}
    if kind == "apiKey" and where in ("header", "query"):
        return {"kind": where, "name": str(scheme.get("name"))}
    return None


def _first_example(holder: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    for example in _mapping(holder.get("examples")).values():
        return _mapping(example).get("value")
    for example in _list(schema.get("examples")):
        return example
    return schema.get("example")


def _refused(source: str, problem: str, hint: str) -> ManifestError:
    return ManifestError([Diagnostic(code="import", message=problem, hint=hint, file=source, line=1)])


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []

"""Why a document may not be in this node's catalogue at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.binding_spec import Http
from taskmatrix_ros.core.hosts import is_private_name, names_host
from taskmatrix_ros.core.url_template import UrlTemplate
from taskmatrix_ros.executor.gate.canonical_name import CanonicalName
from taskmatrix_ros.executor.gate.own_names import forbidden_name, own_topic_problem


def document_objection(
    *,
    own_namespaces: Sequence[str],
    robot_namespace: str,
    private_hosts: Sequence[str],
    own_topics: Sequence[str] = (),
) -> Callable[[ApiDocument], str | None]:
    """Make the function that says it: a binding to this node's own services, to Home Assistant's own affairs, or to
    a private host nobody named.

    The Gate and the bindings say it again of every call; this says it to whoever registers the document.
    """
    named = frozenset(host.lower() for host in private_hosts)

    def objection(document: ApiDocument) -> str | None:
        binding = document.binding
        if isinstance(binding, Http):
            url = UrlTemplate.parse(binding.url)
            if is_private_name(url.host) and not names_host(named, url.host, url.port):
                return f"{url.host} is a private host that the profile's http.private_hosts does not name"
            return None
        for name in CanonicalName(binding, robot_namespace=robot_namespace).all_of({}):
            if problem := own_topic_problem(name, own_topics):
                return problem
        return forbidden_name(binding, robot_namespace=robot_namespace, own_namespaces=own_namespaces)

    return objection

"""XML elements that remember where they were written."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from taskmatrix_ros.core.errors import ConfigError


class SdfError(ConfigError):
    """An SDF file is wrong, or asks for what the simulator does not support; the message names file and line."""

    code = "SDF"


@dataclass(slots=True)
class SdfElement:
    """One element of an SDF file.

    :param tag: with its namespace prefix, as written (``taskmatrix:role``).
    :param text: character data of the element itself, stripped.
    """

    tag: str
    attributes: dict[str, str]
    file: Path
    line: int
    text: str = ""
    children: list[SdfElement] = field(default_factory=list)

    @property
    def where(self) -> str:
        """File name and line, for messages."""
        return f"{self.file.parent.name}/{self.file.name}:{self.line}"

    def error(self, what: str) -> SdfError:
        """Return an error that says where this element is."""
        return SdfError(f"{self.where}: {what}")

    def find(self, tag: str) -> SdfElement | None:
        """First child of that tag, or None."""
        return next((child for child in self.children if child.tag == tag), None)

    def all(self, tag: str) -> Iterator[SdfElement]:
        """Children of that tag, in order."""
        return (child for child in self.children if child.tag == tag)

    def need(self, tag: str) -> SdfElement:
        """Child of that tag.

        :raises SdfError: there is none.
        """
        child = self.find(tag)
        if child is None:
            raise self.error(f"<{self.tag}> has no <{tag}>; add one")
        return child

    def attribute(self, name: str) -> str:
        """Value of an attribute.

        :raises SdfError: it is absent or empty.
        """
        value = self.attributes.get(name, "").strip()
        if not value:
            raise self.error(f"<{self.tag}> has no attribute '{name}'; add one")
        return value

    def numbers(self, count: int) -> tuple[float, ...]:
        """Read the text as numbers.

        :raises SdfError: not numbers, or not ``count`` of them.
        """
        words = self.text.split()
        try:
            values = tuple(float(word) for word in words)
        except ValueError:
            raise self.error(f"<{self.tag}> holds '{self.text}', which is not {count} number(s)") from None
        if len(values) != count:
            raise self.error(f"<{self.tag}> holds {len(values)} number(s), {count} are needed")
        if not all(math.isfinite(value) for value in values):
            raise self.error(f"<{self.tag}> holds '{self.text}'; allowed: finite numbers (1e16 is no limit)")
        return values

    def number(self, tag: str, default: float | None = None) -> float:
        """Read one number from a child.

        :param default: returned where the child is absent; None makes the child required.
        :raises SdfError: the child is absent without a default, or is not one number.
        """
        child = self.find(tag)
        if child is None and default is not None:
            return default
        return self.need(tag).numbers(1)[0]

    def positive(self, tag: str, default: float | None = None) -> float:
        """Read one number above 0 from a child. Raises as :meth:`number`, and where it is not above 0."""
        value = self.number(tag, default)
        if value <= 0:
            raise self.need(tag).error(f"<{tag}> is {value:g}; it must be above 0")
        return value

    def string(self, tag: str, default: str | None = None) -> str:
        """Read the text of a child.

        :raises SdfError: the child is absent without a default, or empty.
        """
        child = self.find(tag)
        if child is None and default is not None:
            return default
        text = self.need(tag).text
        if not text:
            raise self.need(tag).error(f"<{tag}> is empty")
        return text

    def flag(self, tag: str, default: bool) -> bool:
        """Read a boolean from a child.

        :raises SdfError: the child is neither true, false, 1 nor 0.
        """
        child = self.find(tag)
        if child is None:
            return default
        try:
            return {"true": True, "1": True, "false": False, "0": False}[child.text.lower()]
        except KeyError:
            raise child.error(f"<{tag}> holds '{child.text}'; allowed: true, false") from None

    def allow(self, *tags: str) -> None:
        """Refuse children that the simulator would silently ignore.

        :raises SdfError: a child has another tag.
        """
        for child in self.children:
            if child.tag not in tags:
                raise child.error(
                    f"<{child.tag}> in <{self.tag}> is not supported; allowed: {', '.join(sorted(tags)) or 'nothing'}"
                )


def load_xml(path: Path) -> SdfElement:
    """Read an XML file into elements with line numbers.

    :raises SdfError: the file is absent, unreadable, not well formed, or declares a DTD.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SdfError(f"cannot read {path}: {error.strerror}; give an existing SDF file") from error
    root: list[SdfElement] = []
    stack: list[SdfElement] = []
    parser = expat.ParserCreate()

    def start(tag: str, attributes: dict[str, str]) -> None:
        element = SdfElement(tag, attributes, path, parser.CurrentLineNumber)
        (stack[-1].children if stack else root).append(element)
        stack.append(element)

    def end(_tag: str) -> None:
        stack[-1].text = stack[-1].text.strip()
        stack.pop()

    def characters(text: str) -> None:
        stack[-1].text += text

    def doctype(*_: object) -> None:
        # Without a DTD there are no entities, so no file can be pulled in and nothing can be blown up.
        raise SdfError(f"{path.name}:{parser.CurrentLineNumber}: a document type declaration is not allowed; remove it")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise SdfError(f"{path.name}:{error.lineno}: not well-formed XML: {expat.ErrorString(error.code)}") from error
    return root[0]

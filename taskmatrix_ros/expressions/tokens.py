"""The words of a CEL expression, with their places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from taskmatrix_ros.core.errors import ConfigError


class TokenKind(Enum):
    """What a token is."""

    STRING = auto()
    FLOAT = auto()
    INTEGER = auto()
    NAME = auto()
    OPERATOR = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A token; ``line`` and ``column`` count from 1."""

    kind: TokenKind
    text: str
    line: int
    column: int

    def is_operator(self, text: str) -> bool:
        """Whether it is this sign."""
        return self.kind is TokenKind.OPERATOR and self.text == text


_PATTERN = re.compile(
    r"""
    (?P<SPACE>[ \t\r\n\f]+|//[^\n]*)
  | (?P<STRING>(?:[rR][bB]?|[bB][rR]?)?(?:\"{3}.*?(?<!\\)\"{3}|'{3}.*?(?<!\\)'{3}
        |(?<=[rR])\"[^"\n]*\"|(?<=[rR])'[^'\n]*'|(?<=[rR][bB])\"[^"\n]*\"|(?<=[rR][bB])'[^'\n]*'
        |\"(?:\\.|[^"\\\n])*\"|'(?:\\.|[^'\\\n])*'))
  | (?P<FLOAT>\d+\.\d+(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)
  | (?P<INTEGER>0[xX][0-9a-fA-F]+[uU]?|\d+[uU]?)
  | (?P<NAME>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<OPERATOR>&&|\|\||[=!<>]=|[-+*/%<>!?:.,()\[\]{}])
    """,
    re.VERBOSE | re.DOTALL,
)


def tokenize(source: str) -> list[Token]:
    """Split an expression; space and comments are left out.

    :raises ConfigError: a character that no token starts with.
    :source: the lexis of the CEL specification, https://github.com/google/cel-spec/blob/master/doc/langdef.md
    """
    tokens = []
    position, line, line_start = 0, 1, 0
    while position < len(source):
        match = _PATTERN.match(source, position)
        column = position - line_start + 1
        if match is None:
            raise ConfigError(
                f"expression {shorten(source)!r}, line {line}, column {column}: {source[position]!r} is no part of CEL"
            )
        text = match.group()
        if match.lastgroup != "SPACE":
            tokens.append(Token(TokenKind[str(match.lastgroup)], text, line, column))
        line += text.count("\n")
        position = match.end()
        if "\n" in text:
            line_start = position - (len(text) - text.rindex("\n") - 1)
    return tokens


def shorten(source: str, limit: int = 120) -> str:
    """Give the source on one line, cut to ``limit`` characters, for messages."""
    line = " ".join(source.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"

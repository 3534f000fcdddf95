"""What is said to a model, and what it says."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from taskmatrix_ros.core.instruction import Image


class Role(StrEnum):
    """Who speaks. Rules go into ``system``, what others wrote never does."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Message:
    """One message, with pictures after its text."""

    role: Role
    text: str
    pictures: tuple[Image, ...] = ()

    def to_plain(self) -> dict[str, Any]:
        """Give it as the chat completions API takes it."""
        if not self.pictures:
            return {"role": self.role.value, "content": self.text}
        parts: list[dict[str, Any]] = [{"type": "text", "text": self.text}]
        for picture in self.pictures:
            data = base64.b64encode(picture.data).decode("ascii")
            parts.append({"type": "image_url", "image_url": {"url": f"data:image/{picture.format};base64,{data}"}})
        return {"role": self.role.value, "content": parts}


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said, whole. ``finish``: why it ended, ``length`` where it was cut."""

    text: str
    finish: str
    refusal: str = ""
    input_tokens: int = 0
    output_tokens: int = 0

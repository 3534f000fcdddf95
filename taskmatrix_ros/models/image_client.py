"""Models that draw, behind OpenAI's images API."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from taskmatrix_ros.core.errors import CallFailed, CallUnavailable, ConfigError
from taskmatrix_ros.models.model_settings import ModelSettings
from taskmatrix_ros.models.openai_client import make_client

if TYPE_CHECKING:
    import openai


class ImageModelSettings(ModelSettings):
    """A model of an images endpoint; ``size`` as the server names it."""

    size: Literal["auto", "256x256", "512x512", "1024x1024", "1536x1024", "1024x1536"] = "512x512"
    largest_reply_bytes: int = Field(default=25_000_000, ge=1)


class ImageClient:
    """Draws from words. Connects when it is first asked; lives in the loop's thread."""

    def __init__(self, settings: ImageModelSettings) -> None:
        self.settings = settings

    async def paint(self, text: str) -> bytes:
        """Draw a picture; gives a PNG or JPEG file.

        :raises CallUnavailable: no connection, no answer in time. :raises CallFailed: it refused, or sent no picture.
        """
        settings = self.settings
        return await self._picture(
            lambda client: client.images.generate(
                model=settings.model, prompt=text, size=settings.size, response_format="b64_json", n=1
            )
        )

    async def repaint(self, picture: bytes, text: str) -> bytes:
        """Change a picture by words. Raises as ``paint``."""
        settings = self.settings
        if not settings.pictures:
            raise CallUnavailable(
                f"model '{settings.model}' may be sent no pictures; set models.images.pictures",
                code="NO_MODEL",
            )
        if len(picture) > settings.picture_bytes:
            raise CallFailed(
                f"picture: {len(picture)} bytes are more than models.images.picture_bytes allows; resize it first",
                code="BAD_PICTURE",
            )
        return await self._picture(
            lambda client: client.images.edit(
                model=settings.model,
                image=("picture.png", picture),
                prompt=text,
                size=settings.size,
                response_format="b64_json",
                n=1,
            )
        )

    async def _picture(self, ask: Any) -> bytes:
        import openai

        settings = self.settings
        try:
            async with self._client() as client:
                reply = await ask(client)
        except ConfigError as error:
            raise CallUnavailable(error.message, code="NO_MODEL") from error
        except (openai.APIConnectionError, openai.RateLimitError, openai.InternalServerError) as error:
            raise CallUnavailable(
                f"model '{settings.model}' does not answer: {_why(error)}", code="NO_MODEL"
            ) from error
        except openai.APIError as error:
            raise CallFailed(f"model '{settings.model}' refuses: {_why(error)}", code="MODEL_REFUSED") from error
        text = next((image.b64_json for image in reply.data or () if image.b64_json), "")
        if not text or len(text) > settings.largest_reply_bytes * 4 // 3 + 4:
            raise CallFailed(f"model '{settings.model}' sent no picture, or one that is too large", code="MODEL_REPLY")
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise CallFailed(f"model '{settings.model}' sent no picture: {error}", code="MODEL_REPLY") from error

    def _client(self) -> openai.AsyncOpenAI:
        return make_client(self.settings, self.settings.load_key() or "")


def _why(error: Exception) -> str:
    return " ".join(str(error).split())[:200]

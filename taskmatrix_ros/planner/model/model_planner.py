"""The planner with a foundation model."""

from __future__ import annotations

import json
import logging
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from taskmatrix_ros.core.action_code import ActionCode, DocumentPin
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.errors import ConfigError, MissingApi, PlanningError
from taskmatrix_ros.core.instruction import MAX_TEXT, Instruction
from taskmatrix_ros.core.outline import Outline, OutlineStep
from taskmatrix_ros.core.ports import Catalogue, PictureReader, PlanningContext
from taskmatrix_ros.core.run import CallRecord
from taskmatrix_ros.models.chat_client import ChatClient
from taskmatrix_ros.models.json_reply import parse_partial_json
from taskmatrix_ros.models.message import Message, Role
from taskmatrix_ros.models.spending import Spending
from taskmatrix_ros.planner.model.answer_check import says_only
from taskmatrix_ros.planner.model.code_reply import CODE_SCHEMA, read_code
from taskmatrix_ros.planner.model.outline_reply import OUTLINE_SCHEMA, read_steps, steps_so_far
from taskmatrix_ros.planner.model.planner_settings import PlannerSettings
from taskmatrix_ros.planner.model.prompt import Prompt, hash_of, load_prompt
from taskmatrix_ros.planner.model.prompt_parts import PromptParts, findings, gaps, nearest_first, plan, wish
from taskmatrix_ros.planner.model.quoted_data import one_line, quoted
from taskmatrix_ros.planner.model.secret_words import SecretWords

_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
_TASKS_KEPT = 256

_log = logging.getLogger(__name__)


class ModelPlanner:
    """Implements ``core.ports.Planner``. Its code is a proposal: the verifier judges it like any other."""

    needs_selection = True

    def __init__(
        self,
        client: ChatClient,
        catalogue: Catalogue,
        settings: PlannerSettings | None = None,
        look: PictureReader | None = None,
    ) -> None:
        """:param client: open when the planner is asked.

        :param look: tells what is to be seen in a picture, for a model that takes none, and what codes in it say.
        """
        self._look = look
        self._client = client
        self._settings = settings or PlannerSettings()
        self._parts = PromptParts(catalogue, self._settings)
        self._catalogue = catalogue
        self._takes_secrets: tuple[int, bool] = (-1, False)
        self._tasks: OrderedDict[str, Spending] = OrderedDict()
        self.name = client.settings.model

    async def outline(self, instruction: Instruction, context: PlanningContext) -> Outline:
        """Draft the steps; ``context.on_outline`` sees them come.

        :raises PlanningError: ``AMBIGUOUS``, ``NOT_UNDERSTOOD``, ``BUDGET``, ``PICTURE``, ``MODEL_REPLY`` and what else
            ``models.chat_client`` and ``planner.outline_reply`` raise.
        :raises ConfigError: the server does not take the profile's settings.
        """
        draft = Outline(instruction=instruction.text, steps=(), planner=self.name, locale=instruction.locale)
        seen = await self._seen(instruction, context)
        words = self._parts.for_outline(instruction, context, seen)
        pictures = () if seen else instruction.images
        messages = [_rules(load_prompt("outline")), Message(Role.USER, words, pictures)]
        return await self._outlined(messages, draft, context)

    async def write_code(
        self, outline: Outline, documents: Sequence[ApiDocument], context: PlanningContext
    ) -> ActionCode:
        """Write code for the steps against the documents, as many as the settings let into the prompt.

        :raises MissingApi: no document fits a step.
        :raises PlanningError: as ``outline``; also for an outline without steps.
        """
        if not outline.steps:
            raise PlanningError(f"model '{self.name}': the outline has no steps; add one or ask anew")
        if not documents:
            raise _missing(outline, {step.id: "an API for it" for step in outline.steps})
        if self._settings.step_by_step and len(outline.steps) > 1:
            return await self._stepwise(outline, documents, context)
        prompt = load_prompt("code")
        messages = self._code_messages(prompt, outline, documents, context)
        return await self._coded(messages, (prompt,), outline, documents, context)

    async def repair(
        self,
        code: ActionCode,
        diagnostics: Sequence[Diagnostic],
        outline: Outline,
        documents: Sequence[ApiDocument],
        context: PlanningContext,
    ) -> ActionCode | None:
        """Write the code anew from the findings. :returns: None where the model gives the same code again."""
        prompt, repair = load_prompt("code"), load_prompt("repair")
        earlier = json.dumps({"code": code.source, "missing": []}, ensure_ascii=False)
        messages = [
            *self._code_messages(prompt, outline, documents, context),
            Message(Role.ASSISTANT, earlier),
            Message(Role.USER, f"{repair.text}\n\n{findings(diagnostics)}"),
        ]
        mended = await self._coded(messages, (prompt, repair), outline, documents, context)
        return None if mended.source == code.source else mended

    async def revise(self, outline: Outline, missing: Mapping[str, str], context: PlanningContext) -> Outline | None:
        """Reword or split the steps that no document fits.

        :raises PlanningError: ``NOT_UNDERSTOOD``: the model sees no other words; else as ``outline``.
        """
        asked = Instruction(text=outline.instruction, locale=outline.locale)
        again = f"{load_prompt('revise').text}\n\n{plan(outline)}\n\n{gaps(missing)}"
        words = f"{self._parts.for_outline(asked, context)}\n\n{again}"
        messages = [_rules(load_prompt("outline")), Message(Role.USER, words)]
        return await self._outlined(messages, outline, context)

    async def replan(
        self, outline: Outline, calls: Sequence[CallRecord], failure: str, context: PlanningContext
    ) -> Outline | None:
        """Draft the rest in view of what happened. :returns: None where the model refuses or asks.

        :raises PlanningError: as ``outline``, but for ``NOT_UNDERSTOOD`` and ``AMBIGUOUS``.
        """
        asked = Instruction(text=outline.instruction, locale=outline.locale)
        again = f"{load_prompt('replan').text}\n\n{plan(outline)}\n\n{self._parts.happened(calls, failure, context)}"
        words = f"{self._parts.for_outline(asked, context)}\n\n{again}"
        messages = [_rules(load_prompt("outline")), Message(Role.USER, words)]
        try:
            return await self._outlined(messages, outline, context)
        except PlanningError as error:
            if error.error_code in ("NOT_UNDERSTOOD", "AMBIGUOUS"):
                return None
            raise

    async def _seen(self, instruction: Instruction, context: PlanningContext) -> list[Mapping[str, Any]]:
        """Look at the pictures in the place of a model that takes none; of one that does, note what codes say to it.

        :raises PlanningError: ``PICTURE``: nothing in one of them can be told in words.
        """
        if self._look is None:
            return []
        seen = [await self._look.read(image) for image in instruction.images]
        if self._client.settings.pictures:
            context.heard.extend(text for each in seen for text in each.get("codes", ()))
            return []
        if not all(seen):
            said = f"model '{self.name}' takes no pictures, and nothing known is in them; say it in words"
            raise PlanningError(said, code="PICTURE")
        return seen

    async def phrase(self, asked: str, facts: Sequence[str], context: PlanningContext) -> str | None:
        """Word what a run did. :returns: None: the settings do not want it, or the model said more than the facts."""
        if not self._settings.phrase_answers or not facts:
            return None
        secrets = self._secrets(asked, context)
        words = f"{wish(asked)}\n\n{quoted('facts', list(facts), max_text=600)}"
        messages = [_rules(load_prompt("answer")), Message(Role.USER, secrets.hide(words))]
        try:
            said = await self._client.ask(messages, self._spending(context))
        except (PlanningError, ConfigError) as error:
            _log.warning("model '%s' words no answer: %s", self.name, error.message)
            return None
        answer = one_line(said, 500)
        if says_only(answer, facts, asked):
            return answer
        _log.warning("model '%s' told more than the facts: %s", self.name, answer)
        return None

    async def _outlined(self, messages: Sequence[Message], draft: Outline, context: PlanningContext) -> Outline:
        spending = self._spending(context)
        secrets = self._secrets(draft.instruction, context)
        told = _show(draft, context, secrets)
        reply = await self._client.ask_json(_hidden(messages, secrets), OUTLINE_SCHEMA, spending, told)
        return draft.model_copy(update={"steps": _shown(read_steps(reply, self.name), secrets)})

    async def _stepwise(
        self, outline: Outline, documents: Sequence[ApiDocument], context: PlanningContext
    ) -> ActionCode:
        """Ask for the code of one step after the other: all that a small model can hold at a time."""
        prompt, one = load_prompt("code"), load_prompt("one_step")
        sources: list[str] = []
        pins: dict[str, DocumentPin] = {}
        for step in outline.steps:
            part = outline.model_copy(update={"steps": (step.model_copy(update={"needs": ()}),)})
            near = nearest_first(step.text, documents)
            rules, words = self._code_messages(prompt, part, near, context)
            so_far = quoted("the code so far", sources, max_text=MAX_TEXT)
            messages = [rules, replace(words, text=f"{words.text}\n\n{one.text}\n\n{so_far}")]
            code = await self._coded(messages, (prompt, one), part, near, context)
            sources.append(code.source)
            pins |= {pin.name: pin for pin in code.documents}
        source = "\n".join(sources)
        kept = tuple(pins.values())
        return ActionCode(source=source, documents=kept, planner=self.name, prompt_hash=hash_of((prompt, one)))

    def _code_messages(
        self, prompt: Prompt, outline: Outline, documents: Sequence[ApiDocument], context: PlanningContext
    ) -> list[Message]:
        words = self._parts.for_code(outline, self._parts.chosen(documents), context)
        return [_rules(prompt), Message(Role.USER, words)]

    async def _coded(
        self,
        messages: Sequence[Message],
        prompts: Sequence[Prompt],
        outline: Outline,
        documents: Sequence[ApiDocument],
        context: PlanningContext,
    ) -> ActionCode:
        secrets = self._secrets(outline.instruction, context)
        asked = _hidden(messages, secrets)
        reply = read_code(await self._client.ask_json(asked, CODE_SCHEMA, self._spending(context)))
        if reply.missing:
            raise _missing(outline, reply.missing)
        if not reply.source:
            raise PlanningError(f"model '{self.name}': the reply holds no code; ask again", code="MODEL_REPLY")
        source = secrets.restored(reply.source, {document.name: document for document in documents}, self.name)
        used = set(_IDENTIFIER.findall(source))
        pins = tuple(
            DocumentPin(name=document.name, version=document.version, digest=document.digest)
            for document in self._parts.chosen(documents)
            if document.name in used
        )
        return ActionCode(source=source, documents=pins, planner=self.name, prompt_hash=hash_of(prompts))

    def _secrets(self, said: str, context: PlanningContext) -> SecretWords:
        revision, takes = self._takes_secrets
        if revision != self._catalogue.revision:
            documents = self._catalogue.documents()
            takes = any(spec.sensitive for document in documents for spec in document.parameters.values())
            self._takes_secrets = (self._catalogue.revision, takes)
        texts = [said, *(turn.said for turn in context.conversation)]
        return SecretWords.of(texts, context.state, self._catalogue.states(), takes_secrets=takes)

    def _spending(self, context: PlanningContext) -> Spending:
        """Give what the task has spent; a context without a task is one of its own."""
        if not context.task:
            return Spending.of(self._client.settings)
        spending = self._tasks.setdefault(context.task, Spending.of(self._client.settings))
        self._tasks.move_to_end(context.task)
        while len(self._tasks) > _TASKS_KEPT:
            self._tasks.popitem(last=False)
        return spending


def _rules(prompt: Prompt) -> Message:
    """Give the system's side: a file of ours, and nothing that anybody else wrote."""
    return Message(Role.SYSTEM, prompt.text)


def _hidden(messages: Sequence[Message], secrets: SecretWords) -> list[Message]:
    return [replace(message, text=secrets.hide(message.text)) for message in messages]


def _shown(steps: Sequence[OutlineStep], secrets: SecretWords) -> tuple[OutlineStep, ...]:
    """Give steps in the person's own words."""
    return tuple(
        step.model_copy(
            update={"text": secrets.shown(step.text), "targets": tuple(secrets.shown(each) for each in step.targets)}
        )
        for step in steps
    )


def _show(draft: Outline, context: PlanningContext, secrets: SecretWords) -> Callable[[str], None] | None:
    show = context.on_outline
    if show is None:
        return None
    seen = 0

    def on_text(text: str) -> None:
        nonlocal seen
        steps = steps_so_far(parse_partial_json(text))
        if len(steps) != seen:
            seen = len(steps)
            show(draft.model_copy(update={"steps": _shown(steps, secrets)}))

    return on_text


def _missing(outline: Outline, missing: Mapping[str, str]) -> MissingApi:
    texts = {step.id: step.text for step in outline.steps}
    parts = [f"step {step} ({texts.get(step, '?')!r}) needs {what}" for step, what in missing.items()]
    return MissingApi(f"no API fits: {'; '.join(parts)}; register one, or ask for something else", missing=missing)

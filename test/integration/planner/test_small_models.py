"""What a small model needs, and what a model may word: one step at a time, pictures told in words, answers of facts."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from model_desk import Desk, coded, outlined, play
from obliging_home import ObligingHome
from pictures import PNG

from taskmatrix_ros.core.instruction import Image, Mode
from taskmatrix_ros.core.run import RunStatus
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.planner.model.prompt import hash_of, load_prompt

COZY = "make it cozy in the living room"
PLAN = outlined("switch on the living room light", "play jazz music")
LIGHT, MUSIC = 'light_on(light="living_room")', 'play_music(music="jazz")'


def make(_catalogue: Any, state: StateStore) -> list[ObligingHome]:
    return [ObligingHome(state)]


def test_code_is_asked_for_one_step_at_a_time() -> None:
    async def scenario(desk: Desk) -> None:
        episode = await desk.do(COZY)
        assert episode.status is RunStatus.DRY_RUN, episode.summary
        assert episode.code.source == f"{LIGHT}\n{MUSIC}"
        assert {pin.name for pin in episode.code.documents} == {"light_on", "play_music"}
        assert episode.code.prompt_hash == hash_of([load_prompt("code"), load_prompt("one_step")])
        first, second = desk.server.text_of(1, "user"), desk.server.text_of(2, "user")
        assert "light_on(light:" in first
        assert "play_music(" not in first
        assert "play_music(music:" in second
        assert "light_on(light:" not in second
        assert 'light_on(light=\\"living_room\\")' in second, "the code so far is known"
        assert "play jazz music" not in first.partition("<outline")[2]

    settings = {"step_by_step": True, "documents": 1, "catalogue_names": 0}
    play(scenario, PLAN, coded(LIGHT), coded(MUSIC), planner=settings)


def qr_code(text: str) -> Image:
    code = cv2.QRCodeEncoder.create().encode(text)
    large = cv2.resize(np.pad(code, 4, constant_values=255), None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST)
    return Image(format="png", data=cv2.imencode(".png", large)[1].tobytes())


def test_a_model_without_eyes_is_told_what_is_in_a_picture() -> None:
    async def scenario(desk: Desk) -> None:
        episode = await desk.do("what is this box", Mode.OUTLINE_ONLY, images=(qr_code("box of cups"),))
        assert episode.status is RunStatus.DRY_RUN, episode.summary
        content = desk.server.requests[0]["messages"][1]["content"]
        assert isinstance(content, str), "no picture went out"
        assert '"codes": ["box of cups"]' in content
        refused = await desk.do("what is this box", images=(PNG,))
        assert (refused.status, refused.error_code) == (RunStatus.REFUSED, "PICTURE")
        assert len(desk.server.requests) == 1

    play(scenario, outlined("look for a box", effect="read"))


def test_a_picture_is_not_kept_after_the_run() -> None:
    async def scenario(desk: Desk) -> None:
        episode = await desk.do("what is this box", Mode.OUTLINE_ONLY, images=(PNG,))
        kept = desk.system.journal.run(episode.run_id)
        assert kept is not None
        assert kept.instruction.images == ()

    play(scenario, outlined("look for a box", effect="read"), chat={"pictures": True})


def test_the_answer_is_of_the_facts() -> None:
    plain = "done: 2 calls, each change seen in the world: light.living_room.state is on; speaker.playing is jazz"

    async def scenario(desk: Desk) -> None:
        assert (await desk.do(COZY, Mode.RUN)).summary == plain
        assert len(desk.server.requests) == 2

    async def worded(desk: Desk) -> None:
        said = await desk.do(COZY, Mode.RUN)
        assert said.summary == "The living room light is on and jazz is playing."
        assert '"speaker.playing is jazz"' in desk.server.text_of(2, "user")
        lied = await desk.do(COZY, Mode.RUN)
        assert lied.summary.startswith("done: 2 calls"), "what is not in the facts is not told"
        silent = await desk.do(COZY, Mode.RUN)
        assert silent.summary.startswith("done: 2 calls")
        grammar = await desk.do("turn off the living room light", Mode.RUN)
        assert grammar.summary.startswith("done: 1 call")
        assert len(desk.server.requests) == 9

    code = coded(f"{LIGHT}\n{MUSIC}")
    play(scenario, PLAN, code, make_bindings=make)
    first = [PLAN, code, "The living room light is on and jazz is playing."]
    second = [PLAN, code, "The living room light is on, jazz is playing, and it is 21 degrees."]
    play(worded, *first, *second, PLAN, code, make_bindings=make, planner={"phrase_answers": True})

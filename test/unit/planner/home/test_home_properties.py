"""What holds in any home: each name switches its own device, and nothing that is not exposed is ever used or told."""

from __future__ import annotations

import ast
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from small_home import HomeDesk

NAMES = ("Amber", "Birch", "Cedar", "Dahlia", "Elm", "Fern", "Ginger", "Hazel", "Iris", "Jasmine", "Kale", "Lotus")
KINDS = {"light": "Lamp", "switch": "Plug", "fan": "Fan"}
ROOMS = ("Attic", "Cellar", "Den", "Parlour")
PHRASES = (
    "turn on the {name}",
    "turn the {name} on",
    "please switch on {name}",
    "{name} on",
    "could you turn on the {name} in the {room}",
    "turn the {name} in the {room} on",
    "turn on the {room} {name}",
)


@st.composite
def homes(draw: st.DrawFn) -> dict[str, Any]:
    chosen = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=7, unique=True))
    rooms = draw(st.lists(st.sampled_from(ROOMS), min_size=1, max_size=3, unique=True))
    entities = []
    for at, first in enumerate(chosen):
        domain = draw(st.sampled_from(sorted(KINDS)))
        entities.append(
            {
                "entity_id": f"{domain}.n{at}",
                "name": f"{first} {KINDS[domain]}",
                "aliases": draw(st.lists(st.just(f"{first} thing"), max_size=1)),
                "area": draw(st.sampled_from(rooms)),
                "state": draw(st.sampled_from(["on", "off"])),
                "exposed": draw(st.booleans()) or at == 0,
            }
        )
    return {"areas": [{"id": room, "name": room} for room in rooms], "entities": entities}


def used(code: str) -> set[str]:
    """Give the ids of entities in code."""
    return {
        element.value
        for node in ast.walk(ast.parse(code.replace("; ", "\n")))
        if isinstance(node, ast.List)
        for element in node.elts
        if isinstance(element, ast.Constant)
    }


@settings(max_examples=25, deadline=None)
@given(home=homes(), phrase=st.sampled_from(PHRASES))
def test_every_exposed_name_switches_its_device_and_no_other(home: dict[str, Any], phrase: str) -> None:
    desk = HomeDesk(home)
    for entity in home["entities"]:
        for name in (entity["name"], *entity["aliases"]):
            status, said = desk.plan(phrase.format(name=name.lower(), room=entity["area"].lower()))
            if entity["exposed"]:
                assert status == "planned", (name, said)
                assert used(said) == {entity["entity_id"]}
            else:
                assert status in ("refused", "ambiguous"), (name, said)


@settings(max_examples=25, deadline=None)
@given(
    home=homes(),
    text=st.sampled_from(
        [
            "turn everything off in the {room}",
            "turn off all the lights",
            "turn off all lights and fans and plugs everywhere",
            "which lights are on",
            "how many fans are there",
            "turn on the {room} lights",
            "turn off every light except the {name}",
            "make the lights brighter in the {room}",
            "list all plugs",
        ]
    ),
)
def test_nothing_hidden_is_used_or_told(home: dict[str, Any], text: str) -> None:
    hidden = [entity for entity in home["entities"] if not entity["exposed"]]
    status, said = HomeDesk(home).plan(text.format(room=ROOMS[0], name=home["entities"][0]["name"]))
    for entity in hidden:
        assert entity["name"] not in said
        assert status != "planned" or entity["entity_id"] not in used(said)


@settings(max_examples=60, deadline=None)
@given(
    words=st.lists(
        st.sampled_from(
            # words of commands, joints and names
            [
                "turn",
                "on",
                "off",
                "the",
                "all",
                "lights",
                "lamp",
                "kitchen",
                "and",
                ",",
                "except",
                "in",
                "to",
                "40",
                "percent",
                "set",
                "open",
                "close",
                "lock",
                "unlock",
                "doors",
                "it",
                "a",
                "bit",
                "brighter",
                "if",
                "not",
                "which",
                "are",
                "is",
                "what",
                "reading",
                "hall",
                "fan",
                "then",
                "both",
                "every",
                "one",
                "but",
            ]
        ),
        min_size=1,
        max_size=14,
    )
)
def test_no_words_are_a_fault_and_no_plan_uses_what_is_hidden(words: list[str]) -> None:
    status, said = _DESK.plan(" ".join(words), "lounge")
    assert status in ("planned", "answered", "refused", "ambiguous")
    assert "vault" not in said.casefold()


_DESK = HomeDesk()

"""Which things a feeling or an occasion asks for: enough to see why somebody who is cold is offered heat."""

from __future__ import annotations

from collections.abc import Set

_EMPTY = """
a about after again ahead all also am an and any anything are as at away back be been before bit but by can could
did do does doing done down every everything first for from get give go going got had has have he her here hey him
his how i if in into is it its just keep kind let like little look make may me might more much my need new next no
not now of off ok okay on one only or other our out over own perform please put really s set she should so some
something start step stop sure switch t take than thanks that the their them then there these they thing this those
through to too turn up us use using very want wants was way we well what when where which while who will wish with
would yes you your
"""
EMPTY_WORDS = frozenset(_EMPTY.split())
"""Words in so many sentences that sharing one of them means nothing."""

_PLACES = """
attic balcony basement bath bathroom bedroom cellar corridor den dining downstairs entrance entry floor garage
garden ground guest hall hallway home house kids kitchen lab laundry living lobby lounge nursery office outdoor
outside pantry patio porch room rooms shed studio study terrace toilet upstairs yard
"""
PLACE_WORDS = frozenset(_PLACES.split())
"""Where something is says little about what shall be done there."""

_SAME = """
ac aircon conditioner conditioning climate
bring deliver fetch
close shut
film movie
inform message notify send tell text write
lamp lamps light lights
look search find
music song songs tune tunes
telly television tv
"""
SAME_WORDS = {word: line.split()[0] for line in _SAME.strip().splitlines() for word in line.split()}
"""Words for the same thing, and the one that stands for all of them."""

_TABLE = """
atmosphere bed bedtime blinding bright brighter cosy cozy dark darker dim evening film glaring gloomy leaving mood
movie night read reading romantic see shadow shiny sleep sleepy sunset tired
> blind blinds brightness curtain curtains dim lamp lamps light lights shade shades shutter shutters

boiling chilly cold comfortable cool cosy cozy draughty freezing frozen heat hot humid leaving shivering sleep
stuffy sweating temperature warm
> ac air climate conditioner conditioning cool cooling degrees fan heat heater heating radiator temperature
> thermostat warm

bored concert cosy cozy dance dancing ears entertain entertaining entertainment fun listen loud mood music noise
noisy party quiet relax relaxed relaxing romantic silence song sound tune
> album jazz music mute play playlist radio song sound speaker speakers volume

bored cinema entertain entertaining entertainment film fun informed movie news series show watch watching
> film movie news play programme series show television telly tv video

breakfast coffee dinner drink eat hungry lunch snack tea thirst thirsty
> apple bottle bowl bread bring can coffee coke cup drink fetch find fridge glass juice kettle milk mug snack tea
> water

crumbs dirt dirty dust dusty mess messy spill spilled
> broom clean cloth dust mop sweep tidy vacuum wipe

away bye goodbye goodnight holiday leave leaving night sleep vacation
> ac air alarm close conditioner door doors heating light lights lock speaker television tv window windows
"""
"""What is said, then after ``>`` the things it leads to."""


def same(word: str) -> str:
    """Give the one word for a thing that has several."""
    return SAME_WORDS.get(word, word)


def _pair(group: str) -> tuple[frozenset[str], frozenset[str]]:
    lines = group.splitlines()
    wishes = [same(word) for line in lines if not line.startswith(">") for word in line.split()]
    things = [same(word) for line in lines if line.startswith(">") for word in line[1:].split()]
    return frozenset(wishes), frozenset(things)


_KINDRED = tuple(map(_pair, _TABLE.strip().split("\n\n")))


def explained(said: Set[str], done: Set[str]) -> bool:
    """Whether some word of what was said usually leads to some word of what is done."""
    return any(not said.isdisjoint(wishes) and not done.isdisjoint(things) for wishes, things in _KINDRED)

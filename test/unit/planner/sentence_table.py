"""Sentences and the code they must become, or the error they must get. The state is unknown, as with no server."""

from __future__ import annotations

FETCH = (
    'robot_find(object="{o}")',
    'robot_go_to(object="{o}")',
    'robot_pick_up(object="{o}")',
    'robot_go_to(place="{p}")',
    'robot_put_down(object="{o}", place="{p}")',
)
FETCH_FROM = ('robot_go_to(place="{f}")', 'robot_find(object="{o}", place="{f}")', *FETCH[1:])


def _lines(lines: tuple[str, ...], **names: str) -> list[str]:
    return [line.format(**names) for line in lines]


def bring(thing: str, place: str = "user") -> list[str]:
    """Code that carries a thing to a place."""
    return _lines(FETCH, o=thing, p=place)


def bring_from(thing: str, origin: str, place: str = "user") -> list[str]:
    """Code that carries a thing from one place to another."""
    return _lines(FETCH_FROM, o=thing, f=origin, p=place)


def pick_up(thing: str) -> list[str]:
    """Code that picks a thing up."""
    return _lines(FETCH[:3], o=thing)


def light(which: str, *, on: bool = True) -> str:
    """Code for one light."""
    return f'light_{"on" if on else "off"}(light="{which}")'


def video(title: str) -> list[str]:
    """Code that plays a video with the television off or unknown."""
    return ["tv_open()", f'tv_play_video(title="{title}")']


def cool(degrees: str) -> list[str]:
    """Code that sets the air conditioner, off or unknown."""
    return ["ac_open()", f"ac_set_temperature(temperature_c={degrees})"]


UNDERSTOOD: list[tuple[str, list[str]]] = [
    # the robot
    ("find my cup", ['robot_find(object="cup")']),
    ("look for the apple in the kitchen", ['robot_find(object="apple", place="kitchen")']),
    ("where is the coke", ['robot_find(object="coke")']),
    ("Where are my keys?", ['robot_find(object="keys")']),
    ("go to the kitchen", ['robot_go_to(place="kitchen")']),
    ("drive over to the sofa", ['robot_go_to(place="sofa")']),
    ("come here", ['robot_go_to(place="user")']),
    ("come to me", ['robot_go_to(place="user")']),
    ("go to the object red cup", ['robot_find(object="red cup")', 'robot_go_to(object="red cup")']),
    ("pick up the apple", pick_up("apple")),
    ("pick the red cup up", pick_up("red cup")),
    ("grab an apple", pick_up("apple")),
    ("take the apple off the table", bring_from("apple", "table")[:4]),
    ("put down the apple", ['robot_put_down(object="apple")']),
    ("bring me the coke from the kitchen", bring_from("coke", "kitchen")),
    ("fetch the coke from the kitchen", bring_from("coke", "kitchen")),
    ("get me some water out of the fridge", bring_from("water", "fridge")),
    ("bring me the coke", bring("coke")),
    ("give me the Coke", bring("coke")),
    ("bring me the coke to the sofa", bring("coke", "sofa")),
    ("bring the coke to me", bring("coke")),
    ("get the newspaper", bring("newspaper")),
    ("put the cup on the dining table", bring("cup", "dining table")),
    ("carry the cup to the kitchen", bring("cup", "kitchen")),
    ("set the cup down on the shelf", bring("cup", "shelf")),
    ("put the cup on the shelf on the table", bring("cup on the shelf", "table")),
    ("move the cup from the Kitchen Table to the shelf", bring_from("cup", "kitchen table", "shelf")),
    # the home
    ("turn on the air conditioner", ["ac_open()"]),
    ("stop the ac", ["ac_close()"]),
    ("switch the A.C. off", ["ac_close()"]),
    ("set the air conditioner to 22 degrees", cool("22")),
    ("change the temperature to 19", cool("19")),
    ("put the ac to 21.5", cool("21.5")),
    ("turn on the TV", ["tv_open()"]),
    ("switch the telly off", ["tv_close()"]),
    ("watch tv", ["tv_open()"]),
    ("play the morning news on the tv", video("the morning news")),
    ("play the morning news", video("the morning news")),
    ("play the movie Up", video("Up")),
    ("play the bold and the beautiful", video("the bold and the beautiful")),
    ("watch Casablanca", video("Casablanca")),
    ("play Spider-Man on the tv", video("Spider-Man")),
    ("watch AC/DC: Let There Be Rock", video("AC/DC: Let There Be Rock")),
    ("play some jazz music", ['play_music(music="jazz")']),
    ("play some jazz", ['play_music(music="jazz")']),
    ("listen to Miles Davis", ['play_music(music="Miles Davis")']),
    ("put on Kind of Blue on the speaker", ['play_music(music="Kind of Blue")']),
    ("turn on the kitchen light", [light("kitchen")]),
    ("switch off the living room lamp", [light("living_room", on=False)]),
    ("turn the living-room lights off", [light("living_room", on=False)]),
    ("turn on the light in the bedroom", [light("bedroom")]),
    ("kitchen light on", [light("kitchen")]),
    ("dim the bedroom light to 40 percent", ['light_on(light="bedroom", brightness_pct=40)']),
    ("set the bedroom light to 40%", ['light_on(light="bedroom", brightness_pct=40)']),
    # politeness and punctuation
    ("Please turn on the TV.", ["tv_open()"]),
    ("Hey robot, could you please bring me the coke?", bring("coke")),
    ("would you mind turning on the TV, please?", ["tv_open()"]),
    ("would you mind getting me the coke", bring("coke")),
    ("I'd like you to switch off the telly", ["tv_close()"]),
    ("can you bring the apple to me, thank you very much!", bring("apple")),
    ("robot turn on the tv right now", ["tv_open()"]),
    ("bring me the coke now", bring("coke")),
    ("TURN ON THE TV", ["tv_open()"]),
    ("   turn   on\tthe tv   ", ["tv_open()"]),
    # numbers and units
    ("set the ac to twenty two degrees", cool("22")),
    ("set the ac to twenty-two point five", cool("22.5")),
    ("set the ac to 22°C", cool("22")),
    ("set the ac to 72 fahrenheit", cool("22.222")),
    ("set the ac to 72 degrees Fahrenheit", cool("22.222")),
    ("dim the kitchen light to a hundred percent", ['light_on(light="kitchen", brightness_pct=100)']),
    ("dim the kitchen light to fifty per cent", ['light_on(light="kitchen", brightness_pct=50)']),
    ("play twenty one pilots", video("twenty one pilots")),
    ("play 1917", video("1917")),
    # joined
    ("turn on the TV and play the morning news", ["tv_open()", 'tv_play_video(title="the morning news")']),
    (
        "set the air conditioner to 22 degrees and turn off the kitchen light",
        [*cool("22"), light("kitchen", on=False)],
    ),
    ("bring me the coke from the kitchen and turn on the tv", [*bring_from("coke", "kitchen"), "tv_open()"]),
    ("turn on the tv, then bring me the coke", ["tv_open()", *bring("coke")]),
    ("turn on the tv; after that go to the kitchen", ["tv_open()", 'robot_go_to(place="kitchen")']),
    ("Turn on the TV. Go to the kitchen.", ["tv_open()", 'robot_go_to(place="kitchen")']),
    ("turn on the tv\ngo to the kitchen", ["tv_open()", 'robot_go_to(place="kitchen")']),
    (
        "first turn on the tv, then play the morning news and finally go to the kitchen",
        ["tv_open()", 'tv_play_video(title="the morning news")', 'robot_go_to(place="kitchen")'],
    ),
    ("play rock and roll", video("rock and roll")),
    ("play rock and roll and turn off the kitchen light", [*video("rock and roll"), light("kitchen", on=False)]),
    ("play the good, the bad and the ugly on the tv", [*video("the good, the bad and the ugly")]),
    ('play "come and get your love"', video("come and get your love")),
    ("play Mr. Robot on the tv", video("Mr. Robot")),
    # shared words
    ("turn off the kitchen and the living room light", [light("kitchen", on=False), light("living_room", on=False)]),
    ("turn on the tv and the kitchen light", ["tv_open()", light("kitchen")]),
    ("turn on the kitchen light, the tv and the ac", [light("kitchen"), "tv_open()", "ac_open()"]),
    (
        "turn off the kitchen, the living room and the bedroom lights",
        [light("kitchen", on=False), light("living_room", on=False), light("bedroom", on=False)],
    ),
    ("turn the tv and the ac off", ["tv_close()", "ac_close()"]),
    ("find the coke and the apple", ['robot_find(object="coke")', 'robot_find(object="apple")']),
    ("put the cup and the plate on the table", [*bring("cup", "table"), *bring("plate", "table")]),
    # pronouns
    (
        "pick up the apple and put it on the table",
        [*pick_up("apple"), 'robot_go_to(place="table")', 'robot_put_down(object="apple", place="table")'],
    ),
    ("find the apple, pick it up and bring it to me", bring("apple")),
    ("turn on the kitchen light and turn it off", [light("kitchen"), light("kitchen", on=False)]),
    ("turn on the tv and turn it off again", ["tv_open()", "tv_close()"]),
    (
        "turn on the kitchen light and set it to 30 percent",
        [light("kitchen"), 'light_on(light="kitchen", brightness_pct=30)'],
    ),
    # prerequisites
    (
        "find the apple, go to the kitchen and pick up the apple",
        [
            'robot_find(object="apple")',
            'robot_go_to(place="kitchen")',
            'robot_go_to(object="apple")',
            'robot_pick_up(object="apple")',
        ],
    ),
]

REFUSED: list[tuple[str, str, str]] = [
    # text, code, what the message must name
    ("fly to the moon", "NOT_UNDERSTOOD", "'fly to the moon'"),
    ("open the window", "NOT_UNDERSTOOD", "'open the window'"),
    ("please", "NOT_UNDERSTOOD", "'please'"),
    ("...", "NOT_UNDERSTOOD", ""),
    ("don't turn on the tv", "NOT_UNDERSTOOD", "don't"),
    ("turn on the tv and fly to the moon", "NOT_UNDERSTOOD", "'fly to the moon'"),
    ("play the news and fly to the moon", "NOT_UNDERSTOOD", "quotes"),
    ("bring me the coke and fly to the moon", "NOT_UNDERSTOOD", "'fly to the moon'"),
    ("put the cup on the table and don't turn on the tv", "NOT_UNDERSTOOD", "don't turn on the tv"),
    ("set the ac to 22 and dance", "NOT_UNDERSTOOD", "'dance'"),
    ("fly to the moon and turn on the tv", "NOT_UNDERSTOOD", "'fly to the moon'"),
    ("set the air conditioner to 90 degrees", "LIMIT", "temperature_c 90 is outside 16..30"),
    ("set the ac to minus five degrees", "LIMIT", "-5 is outside 16..30"),
    ("set the ac to 0 degrees fahrenheit", "LIMIT", "-17.778 is outside 16..30"),
    ("dim the bedroom light to 140 percent", "LIMIT", "140 is outside 1..100"),
    ("turn on the garage light", "UNKNOWN_NAME", "'garage' is none of kitchen, living room, bedroom"),
    ("turn on the kitchn light", "UNKNOWN_NAME", "did you mean 'kitchen'?"),
    ("set the garage light to 50 percent", "UNKNOWN_NAME", "'garage'"),
    ("play the news and turn on the garage light", "UNKNOWN_NAME", "'garage'"),
    ("turn off the kitchen, the attic and the bedroom lights", "UNKNOWN_NAME", "'attic'"),
    ("set the ac to warm", "UNKNOWN_NAME", "'warm' is no number in 16..30"),
    ("set the ac to 22 percent", "UNKNOWN_NAME", "'22 percent' is no number"),
    ("turn on the light", "INCOMPLETE", "light is missing"),
    ("pick it up", "AMBIGUOUS", "what is 'it'"),
    ("pick up the apple and the cup and bring them to me", "AMBIGUOUS", "what is 'them'"),
    ("bring me to the kitchen", "AMBIGUOUS", "what is 'me'"),
    ("bring me the coke or the sprite", "AMBIGUOUS", "names two things"),
    ("pick up the apple in ten minutes", "TIMED", "'apple in ten minutes'"),
    ("bring me the coke tomorrow", "TIMED", "coke tomorrow"),
    ("turn on the kitchen light when I come home", "TIMED", "time or condition"),
    ("turn on the tv at 8 pm", "TIMED", "time or condition"),
]

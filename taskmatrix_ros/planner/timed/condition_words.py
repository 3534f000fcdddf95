"""English for what happens and what is so: patterns over an utterance in lower case."""

from __future__ import annotations

import re
from typing import Any

_IS = r"(?:is|are|'s|was|has been|have been|stays|stay|remains|is being|gets|get|becomes|turns|goes|feels)"
_MOVES = r"(?:falls?|drops?|sinks?|goes|go|gets?|rises?|climbs?|becomes?|is getting|exceeds?|turns?|comes?|passes)"
_BELOW = r"(?:below|under|beneath|less than|lower than|colder than|cooler than|fewer than|down to)"
_ABOVE = r"(?:above|over|more than|greater than|higher than|warmer than|hotter than|at least|beyond|up to)"
_NUMBER = r"(?P<number>-?\d+(?:\.\d+)?)"
_UNIT = (
    r"(?P<unit>(?: (?:degrees|degree|°|celsius|centigrade|fahrenheit|c|f|percent|per cent|%|lux|watts?|w|ppm|volts?))*)"
)
_WHERE = r"(?: (?:outside|outdoors|inside|indoors|here|at home|out there|(?:in|on|of|at) (?:(?!and |or ).)+))?"
MEASURED = re.compile(
    rf"(?P<subject>(?:(?! and | or ).)*?)(?:^| )?(?:(?P<is>{_IS})|(?P<moves>{_MOVES}))(?: (?:down|up|it))?"
    rf" (?:to )?(?:(?P<below>{_BELOW})|(?P<above>{_ABOVE})|(?P<at>exactly|"
    rf"equal to)) {_NUMBER}{_UNIT}(?P<where>{_WHERE})"
)
EXCEEDING = re.compile(
    r"(?P<subject>.+?) (?P<moves>exceeds?|reaches|reach|hits?|tops?|surpass(?:es)?|gets? to|rises to|climbs to"
    rf"|goes up to) (?P<above>){_NUMBER}{_UNIT}(?P<where>{_WHERE})"
)
BETWEEN = re.compile(
    rf"(?P<subject>.+?)(?: (?:{_IS}|{_MOVES})|'s) between (?P<low>-?\d+(?:\.\d+)?)(?: degrees| percent|%)? and "
    rf"{_NUMBER}{_UNIT}(?P<where>{_WHERE})"
)
VAGUE = re.compile(
    r"(?:(?:it|it's|its|the .+|my .+?) ?(?:is|gets|becomes|feels|'s|are|get|grows)? ?)"
    r"(?:too |very |really |so |quite )?"
    r"(?P<how>hot|warm|cold|cool|chilly|humid|stuffy|bright)(?: (?:outside|inside|outdoors|indoors|here|in .+))?"
)
"""How something is, with no figure that a rule could wait for."""
OF_A_KIND = re.compile(
    r"(?P<each>all(?: of)?|every|each|any(?: of)?|one of|a|an)(?: the| my)? "
    r"(?P<kind>light|fan|switch|lock|cover)(?:s|es)? (?P<rest>.+)"
)
"""``all the lights are off``: said of everything of a kind, or of any."""
BY_SOMEBODY = re.compile(
    r"(?:i|we|you|he|she|they|someone|somebody|anyone|anybody|a person) "
    r"(?P<verb>open|close|shut|lock|unlock|turn|switch)(?:s|es)?(?: (?P<early>on|off))? "
    r"(?P<name>.+?)(?: (?P<late>on|off))?"
)
"""``someone opens the front door``: what is done, rather than what happens by itself."""
FALLING = re.compile(
    rf"(?P<subject>.+?) (?P<moves>falls|drops|sinks|goes down|gets down|cools down) to (?P<below>){_NUMBER}{_UNIT}"
    rf"(?P<where>{_WHERE})"
)
FREEZING = re.compile(
    r"(?:(?:it|it's|its|the weather)(?: is|'s|gets|falls|drops| gets| falls| drops)?"
    r"|(?:the )?(?:outside |outdoor )?(?:temperature|temp)(?: outside| outdoors)? (?:is|gets|falls|drops|goes))"
    r" (?:freezing|below freezing|under freezing|frosty|below zero|under zero)(?: outside| outdoors)?"
)
DRY = re.compile(r"it (?:stops|has stopped) (?:raining|snowing)|the (?:rain|snow) (?:stops|has stopped)")
RAINING = re.compile(
    r"(?:it|it's|its)? ?(?:is|'s|starts|begins|start)? ?(?:to )?(?P<what>rain|snow|raining|rains|"
    r"snowing|snows|rainy|foggy)(?: outside)?"
)
DARK = re.compile(r"(?:it|it's)(?: is| gets|'s)? (?P<what>dark|light|daytime|night|nighttime)(?: outside)?")

_STATES: tuple[tuple[str, str, tuple[str, ...], tuple[Any, ...]], ...] = (
    # words, whether it is an event, commands that would make it so, values of state
    (
        r"is turned on|is switched on|turns on|goes on|comes on|switches on|gets turned on",
        "event",
        ("turn on",),
        ("on", True),
    ),
    (
        r"is turned off|is switched off|turns off|goes off|switches off|gets turned off",
        "event",
        ("turn off",),
        ("off", False),
    ),
    (
        r"is still on|is left on|is on|are on|has been on|has been left on|stays on|was on|remains on",
        "state",
        ("turn on",),
        ("on", True),
    ),
    (r"is still off|is off|are off|has been off|stays off|was off|remains off", "state", ("turn off",), ("off", False)),
    (r"opens|is opened|gets opened|open", "event", ("open",), ("open", "on", True)),
    (r"closes|is closed|shuts|gets closed|is shut|close", "event", ("close",), ("closed", "off", False)),
    (
        (
            r"is still open|is left open|is open|are open|has been open|stays open|was open|is ajar|"
            r"remains open|is left ajar|has been left open|has been left ajar"
        ),
        "state",
        ("open",),
        ("open", "on", True),
    ),
    (
        r"are closed|has been closed|stays closed|was closed|is still closed",
        "state",
        ("close",),
        ("closed", "off", False),
    ),
    (r"is locked|gets locked|locks|are locked", "state", ("lock",), ("locked",)),
    (
        r"is unlocked|gets unlocked|unlocks|are unlocked|is not locked|has been unlocked|stays unlocked",
        "state",
        ("unlock",),
        ("unlocked",),
    ),
    (r"rings|is pressed|is pushed|gets pressed", "event", (), ("on", "ringing", "pressed", True)),
    (r"starts|starts running|begins|starts up", "event", ("start", "turn on"), ("on", "running", True)),
    (
        r"stops|finishes|is done|is finished|has finished|is ready|ends|completes|is complete|stops running",
        "event",
        ("stop", "turn off"),
        ("off", "done", "finished", "idle", False),
    ),
    (r"is running|runs|are running|has been running|has run", "state", ("start", "turn on"), ("on", "running", True)),
    (r"is playing|starts playing|plays", "state", (), ("playing", "on")),
    (r"is paused|pauses", "event", (), ("paused",)),
    (
        (
            r"detects motion|detects movement|sees motion|is triggered|detects smoke|detects a leak|"
            r"detects water|goes wet|is wet|leaks|is leaking"
        ),
        "event",
        (),
        ("on", "detected", "wet", True),
    ),
    (r"is occupied|has motion|has people", "state", (), ("on", "occupied", True)),
    (
        r"comes home|comes back home|comes back|gets home|gets back|arrives home|arrives|returns home|returns",
        "event",
        (),
        ("home",),
    ),
    (r"is home|is at home|is back home|is back", "state", (), ("home",)),
    (
        r"leaves the house|leaves home|leaves|goes out|goes away|has left|leaves for work|leaves for school",
        "event",
        (),
        ("not_home", "away"),
    ),
    (r"is away|is not home|is not at home|is gone|is out|is not in", "state", (), ("not_home", "away")),
    (r"is empty|is vacant|is unoccupied|has no motion", "state", (), ("off", "empty", False)),
)
_NAME = r"(?:(?! (?:is|are|has|have|was|were|gets|stays|remains) ).)+?(?<! is)(?<! are)(?<! left)"
"""What is spoken of: it holds no verb of what it is."""
STATES = tuple(
    (re.compile(rf"(?P<name>{_NAME}) (?:{words})"), kind == "event", commands, values)
    for words, kind, commands, values in _STATES
)
MOTION = re.compile(
    r"(?:there is |there's )?(?:any |some )?(?P<not>no )?(?:motion|movement|someone|somebody|anyone|anybody|a person)"
    r"(?: is)?(?: detected| seen| sensed| moving| enters| walks into| comes into)?(?: (?:in|at|into|"
    r"on|by))?(?: (?P<name>.+))?"
)
DETECTED = re.compile(
    r"(?:(?:there is|there's) )?(?:any |some |a )?(?P<what>smoke|fire|gas|leak|water leak|water|carbon monoxide)"
    r"(?: is| gets)?(?: detected| sensed)?(?: (?:in|at|on|by) (?P<name>.+))?"
)
ALARMS = {
    "smoke": "smoke",
    "fire": "smoke",
    "gas": "gas",
    "leak": "moisture",
    "water leak": "moisture",
    "water": "moisture",
    "carbon monoxide": "carbon_monoxide",
}
"""What an alarm tells -> the device class of the sensor that does."""
COMING = re.compile(
    r"(?:i|we|someone|somebody|anyone|everyone|everybody)(?: (?:am|are|is))? "
    r"(?:come|comes|get|gets|arrive|arrives|return|returns|coming|getting|arriving|"
    r"back)(?: back)?(?: (?:at )?home| from work| in)?"
    r"|(?:i'm|we're) back(?: home)?(?: again)?"
)
AT_HOME = re.compile(r"(?:i am|i'm|we are|we're|someone is|somebody is|anyone is|anybody is|everyone is) (?:at )?home")
AWAY = re.compile(
    r"(?:(?:i am|i'm|we are|we're) (?:not home|not at home|away|out|gone|not in)|(?:nobody|no one|"
    r"noone)(?: is|'s) (?:at )?(?:home|in|there)"
    r"|everyone(?: is|'s) (?:out|away|gone)|the house is empty|the home is empty)"
)
LEAVING = re.compile(
    r"(?:everyone|everybody|the last person|nobody|someone|somebody) (?:leaves|has left|left|"
    r"is leaving)(?: (?:the )?(?:house|home))?|(?:i|we) (?:have )?left(?: (?:the )?(?:house|home))?"
)

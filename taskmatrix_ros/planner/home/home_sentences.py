"""The sentences of the home's commands, in hassil's notation; ``{reader:slot}`` is read by a reader of ``clause_parse``.

Among sentences that fit, those of an earlier command win, then earlier sentences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_TURN = "(turn|switch|put|flip|flick|pop|power|bring|click|change|set)"
_SET = "(set|change|turn|adjust|put|make|bring|move|dim|brighten|fade)"
_RAISE = "(turn up|increase|raise|crank up|bump up|push up|bring up|boost|up)"
_LOWER = "(turn down|decrease|reduce|lower|bring down|take down|drop|cut)"
_MOVE = (
    "(turn|crank|bump|bring|push|nudge|take|knock|put|move|slide|notch|tone|slow|speed|dial|let|pull|roll|wind|ease)"
)
"""Verbs that ``up`` or ``down`` follows at some distance: ``crank the heating up``."""
_MORE = f"({_RAISE}|{_LOWER})"
_WANT = (
    "(i want|i would like|i need|we want|we need|we would like|can i have|can i get|can we have|give me|have|get|make sure|"
    "make sure that|ensure|ensure that|see that|see to it that|let us have|i would love|keep|could i have|could we have|could i get|could we get|may i have|may we have)"
)
_BE = "[(is|are|to be|be|get|gets|stay|stays|come|comes|to come|go|goes|to go)] [(all|both)] [(turned|switched|put)]"
_BY = "[(by|with)]"
_MUST = "(should|must|shall|needs to|need to|has to|have to|ought to|is to|are to)"
_A_BIT = "[({bit}|{true_percent:amount}|{degrees:amount})]"
_MEDIA = "(music|movie|film|show|tv show|media|song|track|playback|video|podcast|radio|player|it|this|that)"
_TIMER = "[a|an|the|my|another] [new]"
_LET = "(tell|ask|have|let|get|make|send|i want|i would like)"
_LIST = "(on|onto|to|in|into|on to)"
_OFF_LIST = "(from|on|in|off|off of|out of|off from)"

Entry = tuple[str, Mapping[str, Any], Sequence[str]]

COMMANDS: tuple[Entry, ...] = (
    (
        "nevermind",
        {},
        ("(never mind|nevermind|forget it|forget that|no thanks|no thank you|cancel that|thanks|thank you|nothing)",),
    ),
    # ---- lists before switches: "put apples on the list"
    (
        "list_add",
        {},
        (
            f"(add|put|write|append|include) {{text:item}} {_LIST} [my|the|our] {{list:list}}",
            "(i need|we need|remember) [to buy] {text:item} on [my|the|our] {list:list}",
            f"(we|i) (are|am) [(all|almost|nearly)] (out of|running out of|running low on|low on) {{text:item}} [so] [please] (add|put) (it|that|some|them) {_LIST} [my|the|our] {{list:list}}",
            f"(we|i) (need|have run out of|ran out of|have no) [more|some] {{text:item}} [so] [please] (add|put) (it|that|some|them) {_LIST} [my|the|our] {{list:list}}",
        ),
    ),
    (
        "list_done",
        {},
        (
            f"(check|tick|cross|mark|strike) off {{text:item}} {_OFF_LIST} [my|the|our] {{list:list}}",
            f"(check|tick|cross) {{text:item}} off [{_OFF_LIST}] [my|the|our] {{list:list}}",
            f"(complete|finish|check) {{text:item}} {_OFF_LIST} [my|the|our] {{list:list}}",
            f"mark {{text:item}} (as done|as complete|as completed|done|complete|completed) {_OFF_LIST} [my|the|our] {{list:list}}",
        ),
    ),
    (
        "list_remove",
        {},
        (f"(delete|remove|take|erase|drop) {{text:item}} {_OFF_LIST} [my|the|our] {{list:list}}",),
    ),
    (
        "announce",
        {},
        (
            "(broadcast|announce) [everywhere] [that] {text:message}",
            "(tell everyone|tell everybody) [that] {text:message}",
        ),
    ),
    # ---- timers
    (
        "timer_cancel_all",
        {},
        (
            "(cancel|stop|delete|clear|end|remove) (all|all of|every) [of] [the|my|our] timer",
            "(cancel|stop|delete|clear|end|remove) (all|all of|every) [of] [the|my|our] timers",
            "(cancel|stop|delete|clear|end|remove) (all|all of|every) [of] [the|my|our] {area:area} (timers|timer)",
            "(cancel|stop|delete|clear|end|remove) (all|all of|every) [of] [the|my|our] (timers|timer) (in|from) [the] {area:area}",
        ),
    ),
    ("timer_cancel", {}, ("(cancel|stop|delete|clear|end|remove|kill|turn off) {timer:timer}",)),
    ("timer_pause", {}, ("(pause|hold|halt|freeze) {timer:timer}",)),
    ("timer_unpause", {}, ("(resume|continue|unpause|restart|go on with) {timer:timer}",)),
    (
        "timer_increase",
        {},
        (
            "(add|put) [another|an extra] {duration:duration} (to|on|onto) {timer:timer}",
            "(give|add) {timer:timer} [another|an extra] {duration:duration}",
            "(increase|extend|lengthen|prolong) {timer:timer} by {duration:duration}",
            "(add|give) {timer:timer} [another] {duration:duration} [more]",
        ),
    ),
    (
        "timer_decrease",
        {},
        (
            "(remove|take|subtract|cut) {duration:duration} (from|off|off of) {timer:timer}",
            "(decrease|reduce|shorten) {timer:timer} by {duration:duration}",
        ),
    ),
    (
        "timer_start",
        {},
        (
            f"(start|set|create|make|begin|run|give me|i need) {_TIMER} {{duration:duration}} timer",
            f"(start|set|create|make|begin|run|give me|i need) {_TIMER} {{duration:duration}} timer (named|called|for) {{text:name}}",
            f"(start|set|create|make|begin|run|give me|i need) {_TIMER} timer (for|of) {{duration:duration}}",
            f"(start|set|create|make|begin|run|give me|i need) {_TIMER} timer (for|of) {{duration:duration}} (named|called|for) {{text:name}}",
            f"(start|set|create|make|begin|run|give me|i need) {_TIMER} timer (named|called) {{text:name}} (for|of) {{duration:duration}}",
            f"(start|set|create|make|begin|run|give me|i need) {_TIMER} {{text:name}} timer (for|of) {{duration:duration}}",
            "{duration:duration} timer [(named|called|for) {text:name}]",
            "timer [(for|of)] {duration:duration} [(named|called) {text:name}]",
        ),
    ),
    (
        "timer_status",
        {},
        (
            "[(what is|tell me|give me|check|show me)] [the] status (of|for|on) {timer:timer}",
            "{timer:timer} status",
            "[(what is|tell me)] [the] status of [all] [of] [my|the|our] timers",
            "(timer|timers) status",
            "how (much|long) [more] [time] (is|do i have|have i got|remains) [there] [left] (on|for|until|in) {timer:timer} [left] [(is done|is up|ends|goes off)]",
            "how much time [is] left (on|for) {timer:timer}",
            "how much longer (is|for|on|until|does|will) {timer:timer} [(have|take|run|be|last)]",
            "how (much|long) [time] (is|do i have) [there] left (on|for) [all] [of] [my|the|our] timers",
            "how (much|long) [time] [is] left",
            "[the] time left on {timer:timer}",
            "[(list|show|what are)] [me] [all] [of] [my|the] timers",
            "(how many|which|what) timers (do i have|are running|are set|are there|are active)",
            "when (does|will|is) {timer:timer} (end|go off|ring|finish|done|over|up)",
        ),
    ),
    # ---- volume and playing
    (
        "set_number",
        {"what": "volume"},
        (
            f"({_SET}|{_MORE}) [the] volume to {{percent:amount}} [(on|in|of|for|at) {{targets}}]",
            f"({_SET}|{_MORE}) [the] volume (on|in|of|for|at) {{targets}} to {{percent:amount}}",
            f"({_SET}|{_MORE}) {{targets}} volume to {{percent:amount}}",
            f"({_SET}|{_MORE}) [the] volume {{place}} to {{percent:amount}}",
            f"({_SET}|{_MORE}) [the] volume to {{percent:amount}} {{place}}",
            f"{_MOVE} [the] volume (up|down) to {{percent:amount}} [(on|in|of|for) {{targets}}]",
            f"{_MOVE} [the] volume (on|in|of|for|at) {{targets}} (up|down) to {{percent:amount}}",
            f"({_SET}|{_MORE}) {{targets}} [(to|at)] {{percent:amount}} volume",
            f"({_SET}|{_MORE}) {{targets}} to volume {{percent:amount}}",
            "turn [the] volume (up|down) to {percent:amount} {place}",
            "turn (up|down) [the] volume to {percent:amount} [(on|in|of|for) {targets}]",
            "turn (up|down) [the] volume to {percent:amount} {place}",
            "turn {targets} volume (up|down) to {percent:amount}",
            "(on|in) {targets} turn [the] volume (up|down) to {percent:amount}",
            f"(on|in) {{targets}} ({_SET}|{_MORE}) [the] volume to {{percent:amount}}",
            "[the] volume [to|at] {percent:amount} [(on|in) {targets}]",
            "{targets} volume [to|at] {percent:amount}",
            "[the] volume (of|on|for|in) {targets} [(to|at)] {percent:amount}",
        ),
    ),
    (
        "change",
        {"what": "volume", "sign": 1},
        (
            f"({_RAISE}|pump up) [the] (volume|music|sound|audio|radio) {_A_BIT} [(on|in|of|for) {{targets}}] {_BY} [{{percent:amount}}]",
            f"(increase|raise|turn up) {{targets}} volume {_A_BIT} {_BY} [{{percent:amount}}]",
            f"{_MOVE} [the] (volume|music|sound|audio|radio) up {_A_BIT} {_BY} [{{percent:amount}}] [(on|in|of|for) {{targets}}]",
            f"{_MOVE} [the] (volume|music|sound|audio|radio) up (on|in|of|for) {{targets}} {_A_BIT} {_BY} [{{percent:amount}}]",
            f"turn {{targets}} volume up {_A_BIT} {_BY} [{{percent:amount}}]",
            f"volume up {_A_BIT} {_BY} [{{percent:amount}}] [(on|in|of|for) {{targets}}]",
            f"{{targets}} volume up {_A_BIT} {_BY} [{{percent:amount}}]",
            f"(make|turn) {{targets}} {_A_BIT} louder [by {{percent:amount}}]",
            f"(make it|play it|play music|play|turn it|a bit of that|and) {_A_BIT} louder [(on|in) {{targets}}]",
            f"{_A_BIT} louder",
        ),
    ),
    (
        "change",
        {"what": "volume", "sign": -1},
        (
            f"({_LOWER}|down) [the] (volume|music|sound|audio|radio) {_A_BIT} [(on|in|of|for) {{targets}}] {_BY} [{{percent:amount}}]",
            f"(decrease|reduce|lower|turn down) {{targets}} volume {_A_BIT} {_BY} [{{percent:amount}}]",
            f"{_MOVE} [the] (volume|music|sound|audio|radio) down {_A_BIT} {_BY} [{{percent:amount}}] [(on|in|of|for) {{targets}}]",
            f"{_MOVE} [the] (volume|music|sound|audio|radio) down (on|in|of|for) {{targets}} {_A_BIT} {_BY} [{{percent:amount}}]",
            f"turn {{targets}} volume down {_A_BIT} {_BY} [{{percent:amount}}]",
            f"volume down {_A_BIT} {_BY} [{{percent:amount}}] [(on|in|of|for) {{targets}}]",
            f"{{targets}} volume down {_A_BIT} {_BY} [{{percent:amount}}]",
            f"(make|turn) {{targets}} {_A_BIT} (quieter|softer|less loud) [by {{percent:amount}}]",
            f"(make it|play it|play music|play|turn it) {_A_BIT} (quieter|softer) [(on|in) {{targets}}]",
            f"{_A_BIT} (quieter|softer)",
        ),
    ),
    (
        "mute",
        {"muted": True},
        (
            f"mute [[the|my] {_MEDIA}] [(on|in) {{targets}}]",
            "mute [{targets}]",
            f"mute [the] {_MEDIA} [{{place}}]",
            "mute {place}",
        ),
    ),
    (
        "mute",
        {"muted": False},
        (
            f"unmute [[the|my] {_MEDIA}] [(on|in) {{targets}}]",
            "unmute [{targets}]",
            f"unmute [the] {_MEDIA} [{{place}}]",
            "unmute {place}",
        ),
    ),
    (
        "media",
        {"api": "media_player_media_next_track"},
        (
            "(skip|next) [[to] [the|this] [next]] [(song|track|item|one|episode|video|this|it)] [(on|in) {targets}]",
            "(skip|next) [[to] [the|this] [next]] [(song|track|item|one|episode|video|this|it)] {place}",
            "(play|go to|skip to) [the] next (song|track|item|one|episode|video) [(on|in) {targets}]",
            "{targets} (skip|next) [this|the] [(song|track|item|one)]",
        ),
    ),
    (
        "media",
        {"api": "media_player_media_previous_track"},
        (
            "[{targets}] go back [to [the] (previous|last) (song|track|item|one|episode)] [(on|in) {targets}]",
            "go back [to [the] (previous|last) (song|track|item|one|episode)] {place}",
            "[{targets}] (play|replay) [the] (previous|last) (song|track|item|one|episode) [again] [(on|in) {targets}]",
            "(play|replay) [the] (previous|last) (song|track|item|one|episode) [again] {place}",
            "[{targets}] (replay|previous) [(song|track|item|one)] [(on|in) {targets}]",
            "(previous) (song|track|item|one) {place}",
        ),
    ),
    (
        "media",
        {"api": "media_player_media_pause", "playing": True},
        (
            f"pause [[the|my] {_MEDIA}] [(on|in) {{targets}}]",
            f"pause [the|my] {_MEDIA} {{place}}",
            "pause {players:targets}",
            "{players:targets} pause",
            "pause {place}",
        ),
    ),
    (
        "media",
        {"api": "media_player_media_play", "paused": True},
        (
            f"(resume|unpause|continue) [playing] [[the|my] {_MEDIA}] [(on|in) {{targets}}]",
            f"(resume|unpause|continue) [playing] [the|my] {_MEDIA} {{place}}",
            "(resume|unpause|continue) [playing] [on] {players:targets}",
            "{players:targets} (resume|unpause|continue|play)",
            "(resume|unpause|continue) {place}",
            "play {playing:targets}",
        ),
    ),
    (
        "media",
        {"api": "media_player_media_stop", "playing": True},
        (
            "stop [the|my] (music|movie|film|show|media|song|track|playback|video|podcast|radio) [(on|in) {targets}]",
            "stop [the|my] (music|movie|film|show|media|song|track|playback|video|podcast|radio) {place}",
            "stop playing [[the|my] (music|movie|film|show|media)] [(on|in) {targets}]",
        ),
    ),
    (
        "shuffle",
        {"shuffle": True},
        ("shuffle [the|my] [(music|songs|playlist)] [(on|in) {targets}]", "turn on shuffle [(on|in) {targets}]"),
    ),
    ("shuffle", {"shuffle": False}, ("turn off shuffle [(on|in) {targets}]",)),
    # ---- locks and covers
    (
        "lock",
        {"locked": True},
        (
            "(lock|bolt|latch) [up] {targets}",
            f"{_WANT} {{targets}} {_BE} locked",
            f"{{targets}} {_MUST} {_BE} locked",
            "lock {targets} up",
        ),
    ),
    ("lock", {"locked": False}, ("(unlock|unbolt|unlatch) {targets}", f"{_WANT} {{targets}} {_BE} unlocked")),
    (
        "set_number",
        {"what": "position"},
        (
            "(set|change|adjust|move|put) [the] position (of|for) {targets} to {percent:amount}",
            f"({_SET}|{_MORE}|open|close|shut|lift) {{targets}} position to {{percent:amount}}",
            "(open|close|shut|raise|lower|lift) {targets} (to {percent:amount}|at {true_percent:amount}) [{place}]",
            "(open|raise|lift) {targets} {true_percent:amount}",
            "(open|raise|lift|close|lower) {targets} {level:amount}",
            "{targets} position [to] {percent:amount}",
        ),
    ),
    (
        "change",
        {"what": "position", "sign": 1},
        (
            "(open|raise|lift) {targets} by {percent:amount}",
            "(open|raise|lift) {targets} {bit} [more|further]",
            "(open|raise|lift) {targets} (more|further)",
        ),
    ),
    (
        "change",
        {"what": "position", "sign": -1},
        (
            "(close|shut|lower) {covers:targets} by {percent:amount}",
            "(close|shut|lower) {covers:targets} {bit} [more|further]",
            "(close|shut|lower) {covers:targets} (more|further)",
        ),
    ),
    (
        "open",
        {"open": True},
        (
            "(open|raise|lift|pull up|roll up|open up) {targets} [(up|all the way|fully|completely|wide)]",
            "(pull|roll|put|lift|bring) {targets} up",
            f"{_WANT} {{targets}} {_BE} (open|opened)",
            f"{{targets}} {_MUST} {_BE} (open|opened)",
            "(extend|roll out|wind out|unroll) {covers:targets}",
            "(water|irrigate|sprinkle) {waters:targets}",
            "{targets} open",
            "{covers:targets} [all the way] up",
            "{covers:targets} up {place}",
        ),
    ),
    (
        "open",
        {"open": False},
        (
            "(close|shut|lower|pull down|roll down|let down|put down|draw|close up|close down|shut up) {targets} [(down|all the way|fully|completely)]",
            "(pull|roll|put|let|bring) {targets} (down|shut|closed)",
            f"{_WANT} {{targets}} {_BE} (closed|shut)",
            f"{{targets}} {_MUST} {_BE} (closed|shut)",
            "(retract|wind in|roll in) {covers:targets}",
            "{targets} (closed|shut)",
            "{covers:targets} [all the way] down",
            "{covers:targets} down {place}",
        ),
    ),
    # ---- lights
    (
        "set_number",
        {"what": "brightness"},
        (
            f"({_SET}|{_MORE}) [the] (brightness|light level|brightness level) [of|in|on|at|for] {{targets}} to {{percent:amount}}",
            f"({_SET}|{_MORE}) [the] (brightness|light level|brightness level) {{place}} to {{percent:amount}}",
            f"({_SET}|{_MORE}) [the] (brightness|light level|brightness level) to {{percent:amount}} [{{place}}]",
            f"({_SET}|{_MORE}) {{targets}} (brightness|light level|brightness level) [to|at] {{percent:amount}}",
            f"({_SET}|{_MORE}) {{targets}} [(to|at)] {{percent:amount}} brightness",
            "(dim|brighten|fade) {targets} (to|at|down to|up to) {percent:amount}",
            f"{_TURN} on {{targets}} (to {{percent:amount}}|at {{true_percent:amount}}) brightness",
            "{targets} [(to|at)] {percent:amount} brightness",
            "{targets} brightness [(to|at)] {percent:amount}",
            "[the] brightness [of|in|on|at|for] {targets} [(to|at)] {percent:amount}",
            "[the] brightness [(to|at)] {percent:amount} [{place}]",
        ),
    ),
    (
        "change",
        {"what": "brightness", "sign": 1},
        (
            f"(make|turn|set|get) {{targets}} {_A_BIT} (brighter|lighter) {_BY} [{{percent:amount}}]",
            f"(brighten|brighten up) {{targets}} [up] {_A_BIT} {_BY} [{{percent:amount}}]",
            f"{_RAISE} [the] (brightness|light level) [of|in|on|at|for] {{targets}} {_A_BIT} {_BY} [{{percent:amount}}]",
            f"{_RAISE} [the] (brightness|light level) {{place}} {_A_BIT} {_BY} [{{percent:amount}}]",
            f"(increase|raise|turn up|up) {{targets}} brightness {_A_BIT} {_BY} [{{percent:amount}}]",
            f"{_RAISE} [the] (brightness|light level) {_A_BIT} {_BY} [{{percent:amount}}] [{{place}}]",
            f"{_MOVE} [the] brightness up {_A_BIT} {_BY} [{{percent:amount}}] [{{place}}]",
            f"[(make it|turn it)] {_A_BIT} (brighter|more light) [{{place}}]",
            f"{{targets}} {_A_BIT} brighter",
        ),
    ),
    (
        "change",
        {"what": "brightness", "sign": -1},
        (
            f"(make|turn|set|get) {{targets}} {_A_BIT} (dimmer|darker|less bright) {_BY} [{{percent:amount}}]",
            f"dim {{targets}} [down] {_A_BIT} {_BY} [{{percent:amount}}]",
            f"dim down {{targets}} {_A_BIT} {_BY} [{{percent:amount}}]",
            f"{_LOWER} [the] (brightness|light level) [of|in|on|at|for] {{targets}} {_A_BIT} {_BY} [{{percent:amount}}]",
            f"{_LOWER} [the] (brightness|light level) {{place}} {_A_BIT} {_BY} [{{percent:amount}}]",
            f"(decrease|reduce|lower|turn down) {{targets}} brightness {_A_BIT} {_BY} [{{percent:amount}}]",
            f"{_LOWER} [the] (brightness|light level) {_A_BIT} {_BY} [{{percent:amount}}] [{{place}}]",
            f"{_MOVE} [the] brightness down {_A_BIT} {_BY} [{{percent:amount}}] [{{place}}]",
            f"[(make it|turn it)] {_A_BIT} (dimmer|darker|less light) [{{place}}]",
            f"{{targets}} {_A_BIT} (dimmer|darker)",
        ),
    ),
    (
        "set_kelvin",
        {},
        (
            f"({_SET}|{_MORE}) {{targets}} [color|colour] (temperature|temp) [to] {{kelvin:kelvin}}",
            f"({_SET}|{_MORE}) [the] [color|colour] (temperature|temp) [of|in|on|at|for] {{targets}} to {{kelvin:kelvin}}",
            f"({_SET}|{_MORE}) [the] [color|colour] (temperature|temp) {{place}} to {{kelvin:kelvin}}",
            f"({_SET}|switch|give) {{targets}} [to] [a] {{kelvin:kelvin}} [light]",
            f"{_TURN} on {{targets}} in {{kelvin:kelvin}}",
            f"{_WANT} [a|some] {{kelvin:kelvin}} [light] (on|in|from|for) {{targets}}",
            "{targets} [color|colour] [temperature] [to] [a] {kelvin:kelvin}",
        ),
    ),
    (
        "set_color",
        {},
        (
            f"({_SET}|switch|paint|give) {{targets}} [color|colour] [(to|in)] [a|the color|the colour] {{color:color}} [color|colour|light] [{{place}}]",
            f"{_SET} [the] (color|colour) (of|in|on|at|for) {{targets}} to {{color:color}}",
            f"{_SET} [the] (color|colour) {{place}} to {{color:color}}",
            f"{_TURN} on {{targets}} in {{color:color}}",
            "(put|set|turn|switch) {targets} on {color:color}",
            f"{_WANT} {{targets}} {_BE} {{color:color}}",
            "color {targets} {color:color}",
            f"{_WANT} [a|some] {{color:color}} [light] (on|in|from|for) {{targets}}",
            "{targets} [color|colour] [to] {color:color}",
        ),
    ),
    # ---- climate
    (
        "set_number",
        {"what": "temperature"},
        (
            f"({_SET}|{_MORE}|heat|cool|warm) [the] (temperature|temp|thermostat|heat|heating) (of|on|in|for|at) {{targets}} to {{temperature:amount}}",
            f"({_SET}|{_MORE}) [the] (temperature|temp) {{place}} to {{temperature:amount}}",
            f"({_SET}|{_MORE}) [the] (temperature|temp) to {{temperature:amount}} [{{place}}]",
            f"({_SET}|{_MORE}) {{targets}} (temperature|temp|thermostat|heating) [to] {{temperature:amount}}",
            f"({_SET}|{_MORE}) [the] (heat|heating) [(up|down)] to {{temperature:amount}} [{{place}}]",
            f"{_MOVE} {{targets}} (up|down) to {{degrees:amount}}",
            f"({_SET}|{_MORE}|heat|cool|warm|heat up|cool down|warm up) {{targets}} [(up|down)] to {{degrees:amount}}",
            "(heat|cool|warm|heat up|cool down|warm up) {targets} [(up|down)] to {temperature:amount}",
            "(make|set|turn) it {degrees:amount} [{place}]",
            "(make|set|turn) it [to] {degrees:amount} [{place}]",
            "{targets} (temperature|temp) [to] {temperature:amount}",
            "{targets} to {degrees:amount}",
        ),
    ),
    (
        "change",
        {"what": "temperature", "sign": 1},
        (
            f"(make|get) (it|this) {_A_BIT} (warmer|hotter) [{{place}}]",
            f"(make|turn|set|get) {{targets}} {_A_BIT} (warmer|hotter) {_BY} [{{temperature:amount}}]",
            f"{_RAISE} [the] (temperature|temp|heat|heating|thermostat) (of|on|in|for|at) {{targets}} {_A_BIT} {_BY} [{{temperature:amount}}]",
            f"{_RAISE} [the] (temperature|temp|heat|heating|thermostat) {{place}} {_A_BIT} {_BY} [{{temperature:amount}}]",
            f"{_RAISE} [the] (temperature|temp|heat|heating|thermostat) {_A_BIT} {_BY} [{{temperature:amount}}] [{{place}}]",
            f"(increase|raise|turn up|up) {{targets}} (temperature|temp|heating) {_A_BIT} {_BY} [{{temperature:amount}}]",
            f"{_MOVE} [the] (temperature|temp|heat|heating|thermostat) up {_A_BIT} {_BY} [{{temperature:amount}}] [{{place}}]",
            f"(warm|heat) {{targets}} up {_A_BIT} {_BY} [{{temperature:amount}}]",
            f"{_A_BIT} (warmer|hotter) [{{place}}]",
            f"{{targets}} {_A_BIT} (warmer|hotter)",
            f"{_MOVE} [the] (temperature|temp|heat|heating|thermostat) up {{place}} {_BY} [{{temperature:amount}}]",
        ),
    ),
    (
        "change",
        {"what": "temperature", "sign": -1},
        (
            f"(make|get) (it|this) {_A_BIT} (cooler|colder) [{{place}}]",
            f"(make|turn|set|get) {{targets}} {_A_BIT} (cooler|colder) {_BY} [{{temperature:amount}}]",
            f"{_LOWER} [the] (temperature|temp|heat|heating|thermostat) (of|on|in|for|at) {{targets}} {_A_BIT} {_BY} [{{temperature:amount}}]",
            f"{_LOWER} [the] (temperature|temp|heat|heating|thermostat) {{place}} {_A_BIT} {_BY} [{{temperature:amount}}]",
            f"{_LOWER} [the] (temperature|temp|heat|heating|thermostat) {_A_BIT} {_BY} [{{temperature:amount}}] [{{place}}]",
            f"(decrease|reduce|lower|turn down) {{targets}} (temperature|temp|heating) {_A_BIT} {_BY} [{{temperature:amount}}]",
            f"{_MOVE} [the] (temperature|temp|heat|heating|thermostat) down {_A_BIT} {_BY} [{{temperature:amount}}] [{{place}}]",
            f"cool {{targets}} down {_A_BIT} {_BY} [{{temperature:amount}}]",
            f"{_A_BIT} (cooler|colder) [{{place}}]",
            f"{{targets}} {_A_BIT} (cooler|colder)",
            f"{_MOVE} [the] (temperature|temp|heat|heating|thermostat) down {{place}} {_BY} [{{temperature:amount}}]",
        ),
    ),
    (
        "set_number",
        {"what": "humidity"},
        (
            f"({_SET}|{_MORE}) [the] humidity [of|in|on|at|for] {{targets}} to {{percent:amount}}",
            f"({_SET}|{_MORE}) [the] humidity {{place}} to {{percent:amount}}",
            f"({_SET}|{_MORE}) [the] humidity to {{percent:amount}} [{{place}}]",
            f"({_SET}|{_MORE}) {{targets}} humidity to {{percent:amount}}",
        ),
    ),
    (
        "set_fan_mode",
        {"mode": True},
        (
            "(set|change|make|turn) [the] fan mode [{place}] to {fan_mode:mode}",
            "(set|change|make|turn) [the] fan mode (of|on) {targets} to {fan_mode:mode}",
            "(set|change|make|turn) {targets} fan mode to {fan_mode:mode}",
            "put {targets} fan mode (on|in) {fan_mode:mode}",
        ),
    ),
    (
        "set_fan_mode",
        {},
        (
            "(set|change|make|turn) [the] fan (of|on) {targets} to {fan_mode:mode}",
            "(set|change|make|turn) {targets} fan to {fan_mode:mode}",
            "put {targets} fan (on|in) {fan_mode:mode}",
        ),
    ),
    # ---- fans
    (
        "set_number",
        {"what": "speed"},
        (
            f"({_SET}|{_MORE}) {{targets}} speed [to] {{percent:amount}}",
            f"({_SET}|{_MORE}) [the] speed [of|in|on|at|for] {{targets}} [to] {{percent:amount}}",
            f"({_SET}|{_MORE}) {{targets}} [speed] [to|on] {{speed:amount}} [speed]",
            f"({_SET}|{_MORE}) [the] speed [of|in|on|at|for] {{targets}} [to] {{speed:amount}}",
            f"{_TURN} on {{targets}} (at|to|on) {{speed:amount}} [speed]",
            f"{_TURN} {{targets}} on {{speed:amount}} [speed]",
            "(run|start|have) {targets} (at|on|to) {speed:amount} [speed]",
            "(run|start|have) {fans:targets} (at|on|to) {percent:amount} [speed]",
            "{targets} speed [to] {percent:amount}",
            "{targets} (on|to|at) {speed:amount} [speed]",
        ),
    ),
    (
        "change",
        {"what": "speed", "sign": 1},
        (
            f"(make|turn|set) {{targets}} {_A_BIT} faster {_BY} [{{percent:amount}}]",
            f"speed {{targets}} up {_A_BIT} {_BY} [{{percent:amount}}]",
            f"speed up {{targets}} {_A_BIT} {_BY} [{{percent:amount}}]",
            f"(increase|raise|turn up) [the] speed [of|in|on|at|for] {{targets}} {_A_BIT} {_BY} [{{percent:amount}}]",
            f"(increase|raise|turn up) {{targets}} speed {_A_BIT} {_BY} [{{percent:amount}}]",
        ),
    ),
    (
        "change",
        {"what": "speed", "sign": -1},
        (
            f"(make|turn|set) {{targets}} {_A_BIT} slower {_BY} [{{percent:amount}}]",
            f"slow {{targets}} down {_A_BIT} {_BY} [{{percent:amount}}]",
            f"slow down {{targets}} {_A_BIT} {_BY} [{{percent:amount}}]",
            f"(decrease|reduce|lower|turn down) [the] speed [of|in|on|at|for] {{targets}} {_A_BIT} {_BY} [{{percent:amount}}]",
            f"(decrease|reduce|lower|turn down) {{targets}} speed {_A_BIT} {_BY} [{{percent:amount}}]",
        ),
    ),
    # ---- whatever a number is to the thing that is named
    (
        "set_number",
        {},
        (
            f"({_SET}|{_MORE}) {{targets}} [(to|at)] {{true_percent:amount}}",
            f"{_WANT} {{targets}} [(set|dimmed|turned|put|opened|closed|down|up)] [(down|up)] (to|at) {{percent:amount}}",
            f"({_SET}|{_MORE}) {{targets}} (to {{percent:amount}}|at {{true_percent:amount}})",
            f"{_TURN} on {{targets}} (to {{percent:amount}}|at {{true_percent:amount}})",
            f"{_TURN} {{targets}} on (to {{percent:amount}}|at {{true_percent:amount}})",
            "(put|set|turn|switch) {targets} on {temperature:amount}",
            "(put|set|turn|switch) {targets} on {percent:amount}",
            f"{_MOVE} {{targets}} (up|down) to {{percent:amount}}",
            f"{_MOVE} {{targets}} [(up|down)] (to|at) {{level:amount}}",
            f"{_MOVE} (up|down) {{targets}} to {{percent:amount}}",
            "{targets} {true_percent:amount}",
        ),
    ),
    (
        "set_number",
        {"verbless": True},
        ("{targets} (to {percent:amount}|at {true_percent:amount})", "{targets} (up|down) to {percent:amount}"),
    ),
    (
        "change",
        {"sign": 1},
        (
            f"(turn up|increase|raise|crank up|bump up|boost) {{targets}} {_A_BIT} {_BY} [{{temperature:amount}}]",
            f"{_RAISE} {{targets}} {_A_BIT} {_BY} {{temperature:amount}}",
            f"(turn|crank|bump|dial|nudge) {{targets}} up {_A_BIT} {_BY} [{{temperature:amount}}]",
            f"{_MOVE} {{targets}} up {_A_BIT} {_BY} {{temperature:amount}}",
            f"{_RAISE} {{targets}} {_A_BIT} by {{true_percent:amount}}",
            f"{_MOVE} {{targets}} up {_A_BIT} by {{true_percent:amount}}",
        ),
    ),
    (
        "change",
        {"sign": -1},
        (
            f"(turn down|decrease|reduce|lower) {{targets}} {_A_BIT} {_BY} [{{temperature:amount}}]",
            f"{_LOWER} {{targets}} {_A_BIT} {_BY} {{temperature:amount}}",
            f"(turn|crank|tone|dial|nudge) {{targets}} down {_A_BIT} {_BY} [{{temperature:amount}}]",
            f"{_MOVE} {{targets}} down {_A_BIT} {_BY} {{temperature:amount}}",
            f"{_LOWER} {{targets}} {_A_BIT} by {{true_percent:amount}}",
            f"{_MOVE} {{targets}} down {_A_BIT} by {{true_percent:amount}}",
        ),
    ),
    # ---- cleaning and mowing
    (
        "vacuum_dock",
        {},
        (
            "(return|send|bring|take) {cleaners:targets} [back] [to|into] [its|the|his|her|their] [(base|dock|home|charger|charging station|docking station|station|docks|bases|chargers|charging stations)]",
            f"{_LET} {{cleaners:targets}} [to] (return|go back|go|dock|recharge|charge) [(home|to base|to the base|to the dock|to its base|to its dock|to his dock|to her dock|back|back home)]",
            "(dock|park) {cleaners:targets}",
            "{cleaners:targets} (return|go back|go|dock) [(home|to base|to the base|to the dock|to its base|to its dock|back)]",
            "(stop|cancel|finish) (vacuuming|cleaning)",
        ),
    ),
    (
        "vacuum_start",
        {},
        (
            "(start|run|launch|send|let|have) {cleaners:targets} [(clean|run|cleaning|vacuum|vacuuming|go)]",
            f"{_LET} {{cleaners:targets}} [to] (start|begin|go) [(cleaning|vacuuming|sweeping|mopping|clean|to clean|and clean)]",
            f"{_LET} {{cleaners:targets}} [to] [(start|begin|go|go and)] (clean|vacuum|hoover|sweep|mop|do|cleaning|vacuuming|clean up) {{rooms:rooms}}",
            "{cleaners:targets} [(please|go|should)] (clean|vacuum|hoover|sweep|mop) {rooms:rooms}",
            "{cleaners:targets} (start|start cleaning|start vacuuming|go clean)",
            "(send|start|run|use) {cleaners:targets} (to|in|to clean|into) {rooms:rooms}",
            "(vacuum|clean|clean up|hoover|sweep|mop) {place}",
            "(vacuum|clean|clean up|hoover|sweep|mop) {rooms:rooms} [(with|using) {cleaners:targets}]",
            "(start|begin) (vacuuming|cleaning|hoovering) [{place}]",
            "(start|begin) (vacuuming|cleaning|hoovering) {rooms:rooms}",
        ),
    ),
    ("vacuum_locate", {}, ("(locate|find) {cleaners:targets}",)),
    (
        "mower_start",
        {},
        (
            "(start|begin) mowing [[the|my|our] lawn]",
            "mow [the|my|our] (lawn|grass|garden|yard)",
            "(start|run) {mowers:targets} [mowing]",
        ),
    ),
    (
        "mower_dock",
        {},
        (
            "(stop|cancel|finish) mowing [[the|my|our] lawn]",
            "(dock|park|stop|return|send) {mowers:targets} [back] [home] [to [the|its] (base|dock|home)]",
        ),
    ),
    (
        "leave",
        {},
        (
            "[but] (leave|keep|spare) {targets} (alone|be|as it is|as they are|untouched|the way it is|like it is|as is|out)",
            "[but] (do not|don't) touch {targets}",
        ),
    ),
    ("stop", {}, ("(stop|halt) {targets}",)),
    ("pause", {}, ("pause {targets}",)),
    ("press", {}, ("(press|push|hit|tap|ring) {buttons:targets} [button]",)),
    # ---- alarm
    (
        "arm",
        {},
        (
            "arm {targets} [(in|for|to|as)] [the] [{arm_mode:mode}] [mode]",
            "(set|switch|put|turn) {targets} (to|in|into) [armed] [the] {arm_mode:mode} [mode]",
        ),
    ),
    (
        "disarm",
        {},
        ("disarm {targets}", "turn off {alarms:targets}", "turn {alarms:targets} off", "deactivate {alarms:targets}"),
    ),
    # ---- modes that devices list themselves
    (
        "set_mode",
        {},
        (
            f"({_SET}|switch) {{targets}} [mode] (to|in|into|on) [the] {{mode:mode}} [(mode|preset|effect|setting)]",
            f"({_SET}|switch) [the] (mode|preset|effect|source|input|option) (of|on|for) {{targets}} to [the] {{mode:mode}}",
            f"({_SET}|switch) {{targets}} (source|input|effect|preset|mode) to [the] {{mode:mode}}",
            "(select|choose) [the] {mode:mode} (on|for) {targets}",
        ),
    ),
    (
        "set_unknown",
        {},
        (f"({_SET}|switch) {{named:targets}} [(mode|preset|effect|source)] (to|into) {{text:value}}",),
    ),
    # ---- on and off
    (
        "scene",
        {},
        (
            "(run|execute|start|launch|trigger|begin|play|activate|apply|kick off) {scenes:targets}",
            "(change|transition|switch|go|set the scene) to [the] [scene] {scenes:targets}",
            "(do|set|use|put on|go into|[it is] time for|get ready for|prepare for) [the] {scenes:targets}",
            "(set|activate) [the] scene [to] {scenes:targets}",
        ),
    ),
    (
        "switch",
        {"on": True},
        (
            f"{_TURN} on {{targets}}",
            f"{_TURN} {{targets}} [(back|to)] on",
            f"{_TURN} {{targets}} on {{place}}",
            f"{_TURN} {{place}} {{targets}} on",
            "(activate|enable|start|energize|run) {targets}",
            f"{_WANT} {{targets}} {_BE} on [{{place}}]",
            f"{{targets}} {_MUST} {_BE} on",
            "(fire up|power up|start up|boot up) {targets}",
            "(fire|power|start|boot) {targets} up",
            "(get|set) {targets} (going|running|started|working)",
            "{targets} on",
            "{targets} on {place}",
            "light (it|this room|here) up",
            "light up [(here|in here)]",
            "(light up|illuminate) {light_places:targets}",
            "light {light_places:targets} up",
            "[let there be] (light|lights) on",
        ),
    ),
    (
        "switch",
        {"on": False},
        (
            f"({_TURN}|shut|kill|cut) off {{targets}}",
            "(turn|switch) of {targets}",
            "(turn|switch) {targets} of",
            f"({_TURN}|shut|kill|cut) {{targets}} [(back|to)] (off|out)",
            f"({_TURN}|shut|kill|cut) {{targets}} off {{place}}",
            "(deactivate|disable|kill|extinguish|douse|cut|shut down|stop running) {targets}",
            f"{_WANT} {{targets}} {_BE} off [{{place}}]",
            f"{{targets}} {_MUST} {_BE} (off|out)",
            "(power down|shut down|switch down|close down) {targets}",
            "(power|shut) {targets} down",
            "{targets} (off|out)",
            "{targets} (off|out) {place}",
        ),
    ),
    (
        "switch",
        {"on": True, "lights": True},
        (
            f"{_WANT} (some|a bit of|a little|a bit more|some more) light [{{place}}]",
            "[let there be] light {place}",
            "let there be light",
        ),
    ),
    ("toggle", {}, ("(toggle|flip) {targets}",)),
    (
        "play",
        {"final": True},
        (
            "play [the|some] {media_class:kind} {text:query} (on|in|at|over|through) {targets}",
            "play [the|some] {text:query} {media_class:kind} (on|in|at|over|through) {targets}",
            "play [some] {text:query} (on|in|at|over|through) {targets}",
        ),
    ),
    (
        "play",
        {},
        (
            "play [the|some] {media_class:kind} {text:query}",
            "play [the] {text:query} {media_class:kind}",
            "play [some] {text:query}",
        ),
    ),
    ("bare", {}, ("{named:targets}",)),
)

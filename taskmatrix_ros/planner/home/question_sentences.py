"""The sentences of questions about a home, in hassil's notation."""

from __future__ import annotations

from taskmatrix_ros.planner.home.home_sentences import Entry

_NOW = "[(currently|still|now|right now|already|all|both|ever)]"
_OUTSIDE = "(outside|outdoors|out there|out)"
_TELL = "[(tell me|do you know|can you tell me|check|check if|see if|tell me if|tell me whether|do you know if)]"
_WHAT_OF = "(what is|what are|whats|tell me|show me|check|do you know|read)"
_WHAT = "(what is|what are|whats|tell me|give me|show me|check|do you know|read)"

QUESTIONS: tuple[Entry, ...] = (
    (
        "hello",
        {"answer": "Hello. Say what you want of your home or your robot."},
        ("(hello|hi|hey|good morning|good evening|good afternoon) [(home assistant|there|robot)]", "home assistant"),
    ),
    (
        "hello",
        {"answer": "No. I read only what is given to me as an instruction."},
        ("are you [always] (listening|recording)",),
    ),
    (
        "hello",
        {"answer": "Your data stays on the machine I run on."},
        ("where does (my|the) data go [to]", "what happens to my data"),
    ),
    (
        "hello",
        {"answer": "Ask for lights, blinds, locks, heating, music, lists, timers and the robot by their names."},
        ("what can (i|we) (say|ask|do)", "what can you do", "help", "help me"),
    ),
    (
        "hello",
        {"answer": "I am TaskMatrix, made by its maintainers."},
        ("who (made|created|built) you", "who are you", "what is your name"),
    ),
    (
        "ask_time",
        {},
        (
            "(what time is it|what is the time|tell me the time|what is the current time|current time|do you know what time it is) [right now|now]",
            "what time do we have",
        ),
    ),
    (
        "ask_date",
        {},
        (
            "(what is|tell me) [the|today 's|todays] date [today]",
            "what is the date of today",
            "what (day|date) is it [today]",
            "what day is today",
            "which day is it [today]",
            "what is today",
        ),
    ),
    (
        "ask_weather",
        {},
        (
            "(what is|how is) [the] weather [like] [(today|now|right now|outside|outdoors)]",
            "(what is|how is) [the] weather [like] (in|for|at) {weather:weather}",
            "(what is|how is) [the] {weather:weather} weather [like]",
            "(what is|how is) [the] weather (in|for|at) {weather:weather} like",
            "[what is] [the] weather forecast",
            "is it (raining|sunny|snowing|cloudy|windy) [outside] [(now|today|right now)]",
        ),
    ),
    ("ask_value", {}, (f"{_WHAT} [the] [current] [(value|reading|state) of] {{sensors:targets}}",)),
    # ---- persons
    (
        "ask_where",
        {},
        (
            "where is {persons:targets}",
            "where are {persons:targets}",
            "(do you know|tell me) where {persons:targets} is",
        ),
    ),
    ("ask_people", {"mode": "any"}, ("is [there] (anyone|anybody|someone|somebody) [at] (home|here|in)",)),
    ("ask_people", {"mode": "all"}, ("is (everyone|everybody) [at] (home|here|in)",)),
    ("ask_people", {"mode": "which"}, ("who is [at] (home|here|in)", "who all is [at] home")),
    ("ask_people", {"mode": "count"}, ("how many (people|persons) are [at] (home|here|in)",)),
    # ---- numbers
    (
        "ask_outside",
        {},
        (
            f"{_WHAT} [the] [current] (temperature|temp) {_OUTSIDE} [(right now|now|currently|today)]",
            f"{_WHAT} [the] (outside|outdoor|exterior) (temperature|temp)",
            f"how (hot|warm|cold|cool) is it {_OUTSIDE} [(right now|now|currently|today)]",
            f"is it (hot|warm|cold|cool|freezing) {_OUTSIDE} [(right now|now|currently|today)]",
        ),
    ),
    (
        "ask_temperature",
        {},
        (
            f"{_WHAT} [the] [current] (temperature|temp) [{{place}}] [(right now|now|currently)]",
            f"{_WHAT} [the] [current] (temperature|temp) (of|on|for|in|at) {{targets}}",
            f"{_WHAT} [the] {{targets}} (temperature|temp)",
            "how (hot|warm|cold|cool) is it [{place}] [(right now|now|currently)]",
            "how (hot|warm|cold|cool) is {targets} [(right now|now|currently)]",
        ),
    ),
    (
        "ask_attribute",
        {"what": "set point"},
        (
            f"{_WHAT} [the] (target|set|desired) temperature [{{place}}]",
            f"{_WHAT} [the] (target|set|desired) temperature (of|on|for) {{targets}}",
            f"{_WHAT} {{climates:targets}} set to",
            "(what temperature|how warm|how high) is {targets} set [to]",
            f"{_WHAT} [the] (temperature|temp|thermostat|heating) set to [{{place}}]",
        ),
    ),
    (
        "ask_attribute",
        {"what": "humidity"},
        (
            f"{_WHAT} [the] [relative] humidity [{{place}}]",
            f"{_WHAT} [the] [relative] humidity (of|on|for) {{targets}}",
            "how humid is it [{place}]",
            "how humid is {targets}",
            f"{_WHAT} [the] {{targets}} humidity",
        ),
    ),
    (
        "ask_attribute",
        {"what": "brightness"},
        (
            f"{_WHAT} [the] brightness (of|on|for|in) {{targets}}",
            f"{_WHAT} [the] {{targets}} brightness",
            "how bright (is|are) {targets}",
            f"{_WHAT} {{lights:targets}} set to",
        ),
    ),
    (
        "ask_attribute",
        {"what": "position"},
        (
            f"{_WHAT} [the] position (of|on|for) {{targets}}",
            "how (far|wide) [open] (is|are) {targets} [open]",
            f"{_WHAT} [the] {{targets}} position",
        ),
    ),
    (
        "ask_attribute",
        {"what": "volume"},
        (
            f"{_WHAT} [the] volume [(of|on|for|in) {{targets}}]",
            f"{_WHAT} [the] {{targets}} volume",
            "how loud (is|are) {targets}",
            f"{_WHAT} [the] volume {{place}}",
        ),
    ),
    (
        "ask_attribute",
        {"what": "speed"},
        (
            f"{_WHAT} [the] speed (of|on|for) {{fans:targets}}",
            f"{_WHAT} [the] {{fans:targets}} speed",
            "how fast (is|are) {fans:targets} [(going|running|turning)]",
        ),
    ),
    (
        "ask_attribute",
        {"what": "battery"},
        (
            f"{_WHAT} [the] battery [level|charge] (of|on|for|in) {{targets}}",
            f"{_WHAT} [the] {{targets}} battery [level]",
            "how much battery does {targets} have [left]",
        ),
    ),
    (
        "ask_on",
        {},
        ("what is [currently] [(turned|switched)] on [{place}]", "what did i leave on [{place}]"),
    ),
    (
        "ask_playing",
        {},
        (
            "what is playing [(on|in) {targets}]",
            "what is playing {place}",
            "what is {players:targets} playing",
            "what (song|track|music) is (this|playing|that) [(on|in) {targets}]",
        ),
    ),
    (
        "ask_measured",
        {},
        (
            f"{_WHAT} [the] [current] {{attribute:classes}} (indicated by|measured by|reported by|shown by|of|in|from|for|by|on|at) {{sensed:targets}}",
            f"{_WHAT} {{sensed:targets}} ['s] [current] {{attribute:classes}}",
            "how much {attribute:classes} does {sensed:targets} have [left]",
            "how much {attribute:classes} (are we|am i|is the house|is the home|is being|does the house|do we|is) [currently] (using|used|use|consuming|consume|drawing|draw|producing) [(right now|now|currently|at the moment)]",
            "how much {sensed:targets} (do we have|do i have|are we making|are we producing|is there|are we getting) [left] [(right now|now|currently|at the moment)]",
            f"{_WHAT} [the|our|my] (total|overall) {{attribute:classes}} [(consumption|usage|use)]",
            f"{_WHAT} [the|our|my] [current] {{attribute:classes}} (consumption|usage|use) [(right now|now)]",
            "(when is|when will) {sensed:targets} [be]",
            f"{_WHAT} [the] [current] {{attribute:classes}} [{{place}}]",
        ),
    ),
    # ---- what alarms tell
    (
        "ask_detected",
        {},
        (
            f"{_TELL} (is|are) there [any|a|an|some] {{danger:classes}} [(detected|sensed)] [{{place}}]",
            f"{_TELL} (is|are|was) [any|some] {{danger:classes}} [being] (detected|sensed) [{{place}}]",
            "(do you|do we|can you) (detect|sense|have|see|hear) [any|a] {danger:classes} [{place}]",
        ),
    ),
    (
        "ask_room",
        {},
        (
            f"{_TELL} is {{rooms:rooms}} {_NOW} {{room_state:told}}",
            f"{_TELL} is [the] (floor|ground) {{room_state:told}} [{{place}}]",
            f"{_TELL} is (anyone|anybody|someone|somebody|there anyone|there anybody|there someone) {{place}}",
        ),
    ),
    (
        "ask_state",
        {"mode": "auto", "word": "problem"},
        ("(is|are) there [any|a] (problem|problems|issue|issues) with {seen:targets}",),
    ),
    # ---- yes or no
    (
        "ask_state",
        {"mode": "auto"},
        (
            f"{_TELL} (is|are) {{seen:targets}} {_NOW} {{state:state}} [{{place}}] [(currently|now|right now|at the moment)]",
            f"{_TELL} (is|are) there {{seen:targets}} {_NOW} {{state:state}} [{{place}}]",
        ),
    ),
    (
        "ask_state",
        {"mode": "any"},
        (
            f"{_TELL} (is|are) [there] (any|some|one) [of] {{seen:targets}} {_NOW} {{state:state}} [{{place}}]",
            f"{_TELL} there (is|are) [any|some] {{seen:targets}} {_NOW} {{state:state}} [{{place}}]",
            f"{_TELL} (is|are) there [any|some] {{state:state}} {{seen:targets}} [{{place}}]",
            "(do i|do we|have i|have we) [have|got] [any|some] {state:state} {seen:targets} [{place}]",
            "did i leave any [of] {seen:targets} {state:state}",
            "(any|some) [of] {seen:targets} {state:state} [{place}]",
        ),
    ),
    (
        "ask_state",
        {"mode": "auto"},
        (
            f"(tell me|check|see|find out|do you know) (if|whether) {{seen:targets}} (is|are) {_NOW} {{state:state}} [{{place}}]",
        ),
    ),
    (
        "ask_state",
        {"mode": "all"},
        (f"{_TELL} (is|are) (all|every|each) [of] {{seen:targets}} {_NOW} {{state:state}} [{{place}}]",),
    ),
    (
        "ask_state",
        {"mode": "auto"},
        (
            "(did|has|have) (i|we|you|he|she|they|someone|somebody|anyone|anybody) (leave|left|forget|forgot) {seen:targets} {state:state}",
        ),
    ),
    ("ask_state", {"mode": "auto", "word": "locked"}, ("(did i|did we|have i|have we) (lock|locked) {seen:targets}",)),
    (
        "ask_state",
        {"mode": "auto", "word": "closed"},
        ("(did i|did we|have i|have we) (close|closed|shut) {seen:targets}",),
    ),
    (
        "ask_state",
        {"mode": "auto", "word": "off"},
        (
            "(did i|did we|have i|have we) (turn|turned|switch|switched) off {seen:targets}",
            "(did i|did we|have i|have we) (turn|turned|switch|switched) {seen:targets} off",
        ),
    ),
    (
        "ask_state",
        {"mode": "which"},
        (
            f"{_TELL} (which|what) [of] {{seen:targets}} (is|are) {_NOW} {{state:state}} [{{place}}] [(right now|now|currently)]",
            "(list|show) [me] [all] {seen:targets} [that] [are] {state:state} [{place}]",
            "(which|what) {seen:targets} did i leave {state:state}",
        ),
    ),
    (
        "ask_state",
        {"mode": "count"},
        (
            f"{_TELL} how many [of] {{seen:targets}} (is|are) {_NOW} {{state:state}} [{{place}}] [(right now|now|currently)]",
            "how many {state:state} {seen:targets} are there [{place}]",
        ),
    ),
    (
        "ask_list",
        {"mode": "count"},
        ("how many {seen:targets} (are there|do i have|do we have|have i got) [{place}]", "how many {seen:targets}"),
    ),
    (
        "ask_list",
        {"mode": "which"},
        (
            "(which|what) {seen:targets} (are there|do i have|do we have) [{place}]",
            "(list|show) [me] [all] {seen:targets}",
        ),
    ),
    (
        "ask_value",
        {},
        (
            f"{_WHAT} [the] (state|status|current state|value|current value|reading) (of|for) {{seen:targets}}",
            f"{_WHAT} {{seen:targets}} (state|status|value|reading)",
            f"{_WHAT_OF} {{seen:targets}} [(at|now|right now|currently|doing|reading|set to)]",
            "how is {seen:targets} [doing]",
            "where is {cleaners:targets}",
            "(what state|which state|what mode) (is|are) {seen:targets} [in]",
            "(is|are) {seen:targets} (open or closed|on or off|locked or unlocked|open or shut)",
        ),
    ),
)

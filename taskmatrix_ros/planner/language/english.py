"""English around a command."""

from __future__ import annotations

import re

from taskmatrix_ros.planner.language.phrasebook import Phrasebook, phrases

_VERBS = """
add adjust announce answer arm ask bake begin book boil bring brush build buy call cancel carry change charge check
clean clear close come continue cook cool count cut dance deliver describe dim disarm drive drop dry dust empty enter
feed fetch fill find fly fold follow get give go grab greet guard hand heat help hide hold hurry increase iron jump
keep kill kiss laugh leave lie lift light listen load lock look lower make mop move mute navigate notify open order
pack paint park pause pay pick place play pour print pull push put raise read recharge record reduce release remind
remove repeat reset restart resume return ring rinse run say scan search send serve set shout show shut sing sit skip
sleep smile speak start stay stop sweep swim switch take talk tell throw tidy touch turn unlock vacuum wait wake walk
wash watch water wave whistle wipe write
"""

ENGLISH = Phrasebook(
    openers=phrases(
        *(
            "how would you",
            "how would",
            "how would you go about",
            "how do you",
            "what would you do to",
            "show me how to",
        ),
        *("what would you do if i asked you to", "what would you do if i told you to", "what if i asked you to"),
        *("could you be so kind as to", "would you be so kind as to", "be so kind as to", "do me a favor and"),
        *("do me a favour and", "any chance you could", "any chance you can", "is there any chance you could"),
        *("would you be able to", "are you able to", "would you be willing to", "do you think you could"),
        *("do you think you can", "i'd appreciate it if you could", "it would be great if you could"),
        *("it would be nice if you could", "i would be grateful if you could", "maybe you could", "perhaps you could"),
        *(
            "no wait",
            "actually",
            "oh",
            "oh no",
            "oops",
            "uh oh",
            "ouch",
            "damn",
            "pls",
            "robot please",
            "i was wondering if you could",
        ),
        *("i wonder if you could", "would it be possible to", "is it possible to", "let us"),
        *("um", "uh", "er", "hmm", "like", "look", "listen"),
        *("please", "kindly", "hey", "hi", "hello", "ok", "okay", "so", "well", "now", "just", "robot", "computer"),
        *("could you", "can you", "would you", "will you", "could you please", "can we", "you can", "you could"),
        *("i want you to", "i would like you to", "i'd like you to", "i need you to", "you should", "let's"),
        *("go ahead and", "go ahead", "go and", "and", "then", "also", "next", "first", "first of all", "finally"),
        *("lastly", "after that", "afterwards", "when done", "when you are done", "when you're done"),
    ),
    wishes=phrases(
        *("i want", "i'd like", "i would like", "i need", "we need", "we want", "i could use", "i could really use"),
        *("i really need", "i really want", "i'd love", "i would love", "i fancy", "i'll have", "i'll take", "i crave"),
        *("can i have", "can i get", "could i have", "could i get", "may i have", "may i get", "might i have"),
        *("can we have", "could we have", "let me have", "i feel like", "i'm in the mood for", "i am in the mood for"),
        *("i wish for", "i want to have", "i'd like to have", "i would like to have", "i need to have", "gimme"),
        *("i want to eat", "i want to drink", "i'd like to eat", "i'd like to drink", "we would like", "we'd like"),
        *("i want to get", "i'd like to get", "i would love to have", "i'd love to have", "i also need", "i also want"),
        *("can i please have", "could i please have", "i'm looking for", "i am looking for"),
    ),
    wish_verb=("bring", "me"),
    verb_leads=frozenset(
        {
            *(
                "to",
                "can",
                "can't",
                "cannot",
                "could",
                "couldn't",
                "don't",
                "dont",
                "do",
                "did",
                "didn't",
                "not",
                "will",
            ),
            *(
                "won't",
                "would",
                "should",
                "must",
                "might",
                "may",
                "i",
                "we",
                "you",
                "they",
                "he",
                "she",
                "never",
                "always",
            ),
            *(
                "the",
                "a",
                "an",
                "my",
                "our",
                "your",
                "his",
                "her",
                "their",
                "some",
                "any",
                "no",
                "and",
                "i'll",
            ),
        }
    ),
    reasons=phrases("so i can", "so that", "so we can", "because", "since", "as i", "in order to", "so i may"),
    helps=phrases("help", "help me", "help me out", "help me with that", "do something", "do something about it"),
    statements=phrases(
        *(
            "i",
            "i'm",
            "im",
            "i've",
            "i'd",
            "i'll",
            "we",
            "we're",
            "we've",
            "my",
            "our",
            "it's",
            "its",
            "it is",
            "it was",
        ),
        *("there's", "there is", "there are", "he", "he's", "she", "she's", "they", "they're", "this is", "that was"),
        *(
            "that's",
            "somebody",
            "someone",
            "the",
            "this",
            "these",
            "those",
            "you left",
            "you forgot",
            "they should",
            "it should",
        ),
    ),
    copulas=frozenset(
        {"is", "are", "was", "were", "has", "have", "had", "hurts", "hurt", "feels", "feel", "needs", "got"}
    ),
    gerund_openers=phrases("would you mind", "do you mind", "how about", "what about"),
    closers=phrases(
        *(
            "please",
            "pls",
            "plz",
            "thx",
            "thanks",
            "thank you",
            "thank you very much",
            "many thanks",
            "cheers",
            "would you",
            "could you",
        ),
        *("will you", "can you", "ok", "okay", "if you can", "if possible", "if you please", "if you don't mind"),
    ),
    weak_closers=phrases(
        *(
            "for me",
            "for us",
            "now",
            "right now",
            "instead",
            "right away",
            "straight away",
            "immediately",
            "at once",
            "again",
        ),
        *("too", "as well", "there", "quickly", "first", "afterwards", "robot", "then"),
    ),
    joints=phrases("and", "&", "plus"),
    sequels=phrases(
        *("then", "and then", "and also", "and after that", "and afterwards", "and finally", "then also"),
        *("after that", "afterwards"),
    ),
    negations=phrases("don't", "dont", "do not", "not", "never", "please don't", "but don't", "but not"),
    abbreviations=frozenset({"mr", "mrs", "ms", "dr", "st", "jr", "sr", "vs", "prof", "feat", "ft", "no", "vol"}),
    determiners=frozenset({"the", "a", "an", "my", "our", "your", "his", "her", "their", "some", "any"}),
    pronouns=frozenset({"it", "that", "this", "there"}),
    vague=frozenset({"them", "those", "these", "both", "me", "us", "you", "him", "her", "he", "she", "they", "one"}),
    verbs=frozenset(_VERBS.split()),
    particles=frozenset(
        {
            *(
                "to",
                "on",
                "off",
                "up",
                "down",
                "in",
                "into",
                "out",
                "at",
                "away",
                "over",
                "back",
                "from",
                "for",
                "with",
            ),
            *("through", "around", "about", "all", "every", "again", "now", "quickly", "slowly", "home", "here"),
        }
    ),
    timing=tuple(
        re.compile(pattern)
        for pattern in (
            r"\b(in|after|for|within) (a|an|\d+(\.\d+)?) (couple of |few )?(second|minute|hour|day|week)s?\b",
            r"\bhalf an hour\b",
            r"\b(at|by|before|until|till|after|around) (\d{1,2}:\d\d|\d{1,2} ?(am|pm|o'clock)|noon|midnight)\b",
            r"\b(tomorrow|tonight|later|every (day|hour|minute|morning|evening|night|week))$",
            r"^(if|when|whenever|unless|until|once|while|after|before) ",
            r" (if|when|whenever|unless|until|once|while|after|before) (the|my|i|it|you|he|she|we|they|someone)\b",
        )
    ),
    choice=frozenset({"or"}),
    minus=("minus", "negative"),
    point=("point",),
    units=tuple(
        (tuple(spoken.split()), unit)
        for unit, lines in {
            "": "degrees|degree|°",
            "c": "degrees celsius|degree celsius|celsius|centigrade|degrees centigrade|degrees c|°c|c",
            "f": "degrees fahrenheit|degree fahrenheit|fahrenheit|degrees f|°f|f",
            "deg": "degrees|degree|°|deg",
            "rad": "radians|radian|rad",
            "pct": "percent|per cent|%|pct",
            "s": "seconds|second|secs|sec|s",
            "min": "minutes|minute|mins|min",
            "h": "hours|hour|h",
            "m": "meters|meter|metres|metre|m",
            "cm": "centimeters|centimeter|centimetres|centimetre|cm",
            "mm": "millimeters|millimeter|millimetres|millimetre|mm",
            "km": "kilometers|kilometer|kilometres|kilometre|km",
            "m_s": "meters per second|metres per second|m/s",
            "k": "kelvin|k",
        }.items()
        for spoken in lines.split("|")
    ),
)

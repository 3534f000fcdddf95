"""Players. Home Assistant itself has no MQTT player; makers announce them in two manners, and both are understood.

One names fields as other components do (``volume_command_topic``, ``payload_play``), the other turns them round
(``command_volume_topic``, ``command_play_payload``, ``state_volume_topic``).
"""

from __future__ import annotations

from taskmatrix_ros.bindings.discovery.components.switch import OFF, ON, word_message
from taskmatrix_ros.bindings.discovery.entity_maker import EntityMaker, cel, number, said, word
from taskmatrix_ros.bindings.discovery.fields import DiscoveryProblem
from taskmatrix_ros.bindings.discovery.templates import converted, with_value
from taskmatrix_ros.core.parameter_spec import ValueType

_VERBS = {
    "turn_on": ("Switch {} on.", "", ON),
    "turn_off": ("Switch {} off.", "off", OFF),
    "play": ("Let {} play.", "playing", ("(play|resume) NAME", "(resume|continue) [the] (music|playback) on NAME")),
    "pause": ("Pause {}.", "paused", ("pause NAME",)),
    "stop": ("Stop {}.", "", ("stop NAME",)),
    "next": ("Skip to the next track on {}.", "", ("(next|skip) [track|song] on NAME",)),
    "previous": ("Go back to the track before on {}.", "", ("previous [track|song] on NAME",)),
    "playpause": ("Let {} play, or pause it where it plays.", "", ()),
    "volume_up": ("Make {} louder.", "", ("turn up NAME", "turn NAME up")),
    "volume_down": ("Make {} quieter.", "", ("turn down NAME", "turn NAME down")),
}
_REPEATABLE = frozenset({"turn_on", "turn_off", "play", "pause", "stop"})
_ALIASES = {
    "next": ("next", "next_track", "media_next_track"),
    "previous": ("previous", "previous_track", "media_previous_track"),
    "turn_on": ("turn_on", "on", "power_on"),
    "turn_off": ("turn_off", "off", "power_off"),
    "playpause": ("playpause", "play_pause"),
}


def describe(maker: EntityMaker) -> None:
    """Add a player."""
    player = _Player(maker)
    player.add()
    if not maker.documents and player.state_key is None:
        raise DiscoveryProblem("there is neither a command topic nor a state topic")


class _Player:
    def __init__(self, maker: EntityMaker) -> None:
        self._maker = maker
        self._fields = maker.fields
        self.state_key: str | None = None

    def add(self) -> None:
        self._states()
        self._verbs()
        self._volume()
        self._mute()
        self._choices()
        self._play_media()

    def _heard(self, what: str) -> tuple[str | None, str | None]:
        """Give topic and template of something told, in either manner."""
        names = (what, "state") if what == "state" else (what,)
        for name in names:
            for topic, template in (
                (f"{name}_state_topic", f"{name}_value_template"),
                (f"state_{name}_topic", f"state_{name}_template"),
                (f"{name}_topic", f"{name}_template"),
            ):
                if (found := self._fields.heard_topic(topic)) is not None:
                    own = self._fields.template(template) or self._fields.template(f"{name}_state_template")
                    return found, own
        return None, None

    def _commanded(self, *names: str) -> tuple[str | None, str | None]:
        """Give topic and template of a command with a value, in either manner."""
        for name in names:
            for topic, template in (
                (f"{name}_command_topic", f"{name}_command_template"),
                (f"command_{name}_topic", f"command_{name}_template"),
                (f"set_{name}_topic", f"set_{name}_template"),
            ):
                if (found := self._fields.topic(topic)) is not None:
                    return found, self._fields.template(template)
        return None, None

    def _states(self) -> None:
        maker, fields = self._maker, self._fields
        topic = fields.heard_topic("state_topic") or fields.heard_topic("state_state_topic")
        template = next(
            filter(None, map(fields.template, ("value_template", "state_value_template", "state_template"))), None
        )
        words = {
            fields.text(f"state_{state}", state): state
            for state in ("off", "on", "idle", "paused", "playing", "stopped")
        }
        named = any(f"state_{state}" in fields for state in words.values() if state != "stopped")
        lowered = f"{{% set found %}}{template or '{{ value }}'}{{% endset %}}{{{{ found | trim | lower }}}}"
        self.state_key = maker.state(
            "state", ValueType.STRING, topic, template=template if named else lowered, words=words if named else None
        )
        for what in ("title", "artist", "album", "media_title", "media_artist"):
            heard, own = self._heard(what)
            maker.state(what, ValueType.STRING, heard, template=own)

    def _verbs(self) -> None:
        maker, fields = self._maker, self._fields
        shared, template = fields.topic("command_topic"), fields.template("command_template")
        named = any(f"payload_{name}" in fields for verb in _VERBS for name in _ALIASES.get(verb, (verb,)))
        for verb, (text, state, sentences) in _VERBS.items():
            payload, topic, own = None, shared, template
            for name in _ALIASES.get(verb, (verb,)):
                found, found_template = self._commanded(name)
                payload = fields.text(f"payload_{name}") or fields.text(f"command_{name}_payload") or payload
                if found is not None:
                    topic, own = found, found_template
                    payload = payload or fields.text(f"{name}_payload") or name.upper()
            if payload is None and topic is shared and not named and verb in ("play", "pause", "stop"):
                payload = verb.upper()
            if topic is None or payload is None:
                continue
            plays = (f'{said(self.state_key)} != "off"',) if verb == "turn_on" and self.state_key else ()
            maker.api(
                verb,
                text.format(maker.name),
                word_message(maker, topic, payload, own),
                sets={self.state_key: cel(state)} if state else {},
                ensures=plays,
                sentences=sentences,
                idempotent=verb in _REPEATABLE,
            )

    def _volume(self) -> None:
        maker, fields = self._maker, self._fields
        low = fields.number("volume_min", fields.number("min_volume", 0))
        scale = fields.number("volume_scale", 1, low=0.001)
        high = fields.number("volume_max", fields.number("max_volume", scale))
        if low >= high:
            raise DiscoveryProblem(f"the least volume {low:g} is not below the greatest {high:g}")
        topic, own = self._heard("volume")
        if topic is None:
            topic, own = self._heard("volume_level")
        percent = f"[0, [100, ((raw - {low:g}) * 100 / {high - low:g}) | round(1)] | min] | max"
        key = maker.state("volume_pct", ValueType.NUMBER, topic, template=converted(own, percent), unit="pct")
        command, template = self._commanded("volume", "volume_set", "volume_level")
        if command is None:
            return
        exact = f"({low:g} + volume_pct * {high - low:g} / 100)"
        value = f"{exact} | round(2)" if high - low <= 10 else f"{exact} | round(0) | int"
        maker.api(
            "set_volume",
            f"Set how loud {maker.name} is.",
            maker.message(command, template=with_value(value, template, ("volume", value), ("volume_level", value))),
            parameters={"volume_pct": number("How loud.", unit="pct", low=0, high=100)},
            sets={key: "args.volume_pct"},
            tolerance={key: max(1.0, round(60 / (high - low), 1)) if high - low > 10 else 1.0},
            sentences=(
                "(set|turn|change) [the] volume (of|on) NAME to {volume_pct} [percent]",
                "(set|turn|change) NAME [volume] to {volume_pct} [percent]",
            ),
        )

    def _mute(self) -> None:
        maker, fields = self._maker, self._fields
        names = ("mute", "volume_mute", "is_volume_muted")
        topic, own = next((found for name in names if (found := self._heard(name))[0]), (None, None))
        on = fields.text("payload_mute_on") or fields.text("payload_mute") or "true"
        off = fields.text("payload_mute_off") or fields.text("payload_unmute") or "false"
        words = {off: False, on: True} | {"False": False, "True": True} if on == "true" else {off: False, on: True}
        key = maker.state("muted", ValueType.BOOLEAN, topic, template=own, words=words)
        command, template = self._commanded(*names)
        if command is None:
            return
        for verb, payload, muted in (("mute", on, "true"), ("unmute", off, "false")):
            maker.api(
                verb, f"{verb.capitalize()} {maker.name}.", word_message(maker, command, payload, template),
                sets={key: muted}, sentences=(f"{verb} NAME",),
            )  # fmt: skip

    def _choices(self) -> None:
        maker, fields = self._maker, self._fields
        for attribute, lists, names, sentences in (
            ("source", ("source_list", "sources"), ("source", "select_source"),
             ("(set|switch|change) NAME to {source}", "play {source} on NAME")),
            ("sound_mode", ("sound_mode_list", "sound_modes"), ("sound_mode",),
             ("(set|change) [the] sound mode of NAME to {sound_mode}",)),
        ):  # fmt: skip
            options = next((found for name in lists if (found := fields.texts(name))), ())
            topic, own = self._heard(attribute)
            key = maker.state(attribute, ValueType.STRING, topic, template=own)
            command, template = self._commanded(*names)
            if command is None:
                continue
            maker.api(
                f"set_{attribute}",
                f"Choose the {attribute.replace('_', ' ')} of {maker.name}.",
                maker.message(command, template=with_value(attribute, template, (attribute, attribute))),
                parameters={attribute: word(f"The {attribute.replace('_', ' ')}.", options)},
                sets={key: f"args.{attribute}"},
                sentences=sentences if options else (),
            )

    def _play_media(self) -> None:
        maker = self._maker
        topic, template = self._commanded("play_media", "playmedia", "media")
        if topic is None:
            return
        maker.api(
            "play_media",
            f"Play a title, address or station on {maker.name}.",
            maker.message(
                topic, template=with_value("media", template, ("media_id", "media"), ("media_content_id", "media"))
            ),
            parameters={"media": word("What to play.")},
            sentences=("(play|put on) {media} on NAME",),
        )

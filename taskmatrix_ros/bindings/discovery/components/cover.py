"""Blinds, shutters, awnings and doors that drive."""

from __future__ import annotations

from taskmatrix_ros.bindings.discovery.entity_maker import EntityMaker, cel, near, number, said
from taskmatrix_ros.bindings.discovery.fields import DiscoveryProblem
from taskmatrix_ros.bindings.discovery.templates import as_percent, converted, percent_of, with_value
from taskmatrix_ros.core.binding_spec import Mqtt
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.parameter_spec import ValueType

_CLASSES = ("", "awning", "blind", "curtain", "damper", "door", "garage", "gate", "shade", "shutter", "window")

DRIVE_S = 90.0
"""How long a cover may take to get where it shall be, in seconds."""

_TOLERANCE_PCT = 3.0

_OPEN = ("(open|raise) NAME", "(pull|roll) up NAME", "(pull|roll) NAME up")
_CLOSE = ("(close|lower|shut) NAME", "(pull|roll) down NAME", "(pull|roll) NAME down")
_SET = (
    "(set|open|close|move|raise|lower) NAME to {position_pct} [percent]",
    "(set|move) [the] position of NAME to {position_pct} [percent]",
)


def describe(maker: EntityMaker) -> None:
    """Add a cover."""
    _Cover(maker).add()


class _Cover:
    def __init__(self, maker: EntityMaker) -> None:
        self._maker = maker
        fields = self._fields = maker.fields
        self._command = fields.topic("command_topic")
        self._set_position = fields.topic("set_position_topic")
        self._tilt = fields.topic("tilt_command_topic")
        told = fields.heard_topic("state_topic") or fields.heard_topic("position_topic")
        if not (self._command or self._set_position or self._tilt or told):
            raise DiscoveryProblem(
                "command_topic, set_position_topic, tilt_command_topic and state_topic are missing; one is needed"
            )
        fields.choice("device_class", _CLASSES, "")
        self._open = fields.number("position_open", 100)
        self._closed = fields.number("position_closed", 0)
        if self._open == self._closed:
            raise DiscoveryProblem(f"position_open and position_closed are both {self._open:g}")
        if self._set_position is not None and "position_topic" not in fields:
            raise DiscoveryProblem("set_position_topic is given without position_topic; give both or leave it out")
        self._position_topic = fields.heard_topic("position_topic")
        self._position_template = fields.template("position_template")
        self._may_harm = maker.device_class in ("garage", "gate", "door")

    def add(self) -> None:
        maker, fields = self._maker, self._fields
        state_topic = fields.heard_topic("state_topic")
        words = {  # the later goes first: a shutter that says "open" while it opens says nothing else when it is open
            fields.text(f"state_{word}", word): word for word in ("closed", "open", "closing", "opening", "stopped")
        }
        if fields.text("state_open", "open") == fields.text("state_closed", "closed"):
            raise DiscoveryProblem("the same payload means open and closed")
        state = maker.state(
            "state", ValueType.STRING, state_topic, template=fields.template("value_template"), words=words
        )
        if state is None:
            middle = "raw == CLOSED".replace("CLOSED", f"{self._closed:g}")
            state = maker.state(
                "state",
                ValueType.STRING,
                self._position_topic,
                template=converted(self._position_template, f"'closed' if {middle} else 'open'"),
            )
        position = maker.state(
            "position_pct",
            ValueType.NUMBER,
            self._position_topic,
            template=converted(self._position_template, as_percent(self._closed, self._open)),
            unit="pct",
        )
        self._open_and_close(state, position)
        self._stop()
        self._position(position)
        self._tilts()

    def _open_and_close(self, state: str | None, told_position: str | None) -> None:
        maker, fields = self._maker, self._fields
        says_stopped = "state_stopped" in fields
        hazard = Effect.HAZARDOUS if self._may_harm else Effect.ACTUATE
        for verb, wanted, field, default, position, sentences in (
            ("open", "open", "payload_open", "OPEN", 100, _OPEN),
            ("close", "closed", "payload_close", "CLOSE", 0, _CLOSE),
        ):
            if self._command and not fields.is_null(field):
                binding = maker.message(self._command, fields.text(field, default))
            elif self._set_position:
                binding = self._position_message(str(position))
            else:
                continue
            ensures: tuple[str, ...] = ()
            if state is not None and says_stopped:
                # one that only says "stopped" has arrived where it was sent, or where its position shows it
                there = "" if told_position is None else f" && {near(told_position, str(position), _TOLERANCE_PCT)}"
                ensures = (f'{said(state)} == "{wanted}" || ({said(state)} == "stopped"{there})',)
            maker.api(
                verb,
                f"{verb.capitalize()} {maker.name}.",
                binding,
                sets={state: cel(wanted)},
                ensures=ensures,
                sentences=sentences,
                effect=hazard,
                confirm_s=DRIVE_S,
                typical_s=20.0,
            )

    def _stop(self) -> None:
        if self._command and not self._fields.is_null("payload_stop"):
            binding = self._maker.message(self._command, self._fields.text("payload_stop", "STOP"))
            self._maker.api(
                "stop", f"Stop {self._maker.name} where it is.", binding, sentences=("stop NAME", "halt NAME")
            )

    def _position(self, key: str | None) -> None:
        if not self._set_position:
            return
        self._maker.api(
            "set_position",
            f"Move {self._maker.name} to a position; 0 is closed, 100 open.",
            self._position_message("position_pct"),
            parameters={"position_pct": number("How far open.", unit="pct", low=0, high=100)},
            sets={key: "args.position_pct"},
            tolerance={key: _TOLERANCE_PCT},
            sentences=_SET,
            effect=Effect.HAZARDOUS if self._may_harm else Effect.ACTUATE,
            confirm_s=DRIVE_S,
            typical_s=20.0,
        )

    def _position_message(self, position: str) -> Mqtt:
        assert self._set_position is not None
        text = with_value(
            percent_of(position, self._closed, self._open),
            self._fields.template("set_position_template"),
            ("position", position),
            ("position_open", f"{self._open:g}"),
            ("position_closed", f"{self._closed:g}"),
        )
        return self._maker.message(self._set_position, template=text)

    def _tilts(self) -> None:
        if not self._tilt:
            return
        maker, fields = self._maker, self._fields
        low, high = fields.number("tilt_min", 0), fields.number("tilt_max", 100)
        if low >= high:
            raise DiscoveryProblem(f"tilt_min {low:g} is not below tilt_max {high:g}")
        status = fields.template("tilt_status_template")
        key = maker.state(
            "tilt_pct",
            ValueType.NUMBER,
            fields.heard_topic("tilt_status_topic"),
            template=converted(status, as_percent(low, high)),
            unit="pct",
        )
        text = with_value(
            percent_of("tilt_pct", low, high),
            fields.template("tilt_command_template"),
            ("tilt_position", percent_of("tilt_pct", low, high)),
            ("tilt_min", f"{low:g}"),
            ("tilt_max", f"{high:g}"),
        )
        maker.api(
            "set_tilt",
            f"Tilt the slats of {maker.name}; 0 is closed, 100 open.",
            maker.message(self._tilt, template=text),
            parameters={"tilt_pct": number("How far the slats are open.", unit="pct", low=0, high=100)},
            sets={key: "args.tilt_pct"},
            tolerance={key: 3.0},
            sentences=("(set|tilt) NAME [tilt] to {tilt_pct} [percent] tilt", "tilt NAME to {tilt_pct} [percent]"),
            confirm_s=DRIVE_S,
        )

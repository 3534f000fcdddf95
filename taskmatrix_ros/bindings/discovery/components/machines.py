"""Machines with a few commands on one topic: vacuums, lawn mowers, alarms, valves and sirens."""

from __future__ import annotations

from taskmatrix_ros.bindings.discovery.components.switch import OFF, ON
from taskmatrix_ros.bindings.discovery.entity_maker import EntityMaker, cel, number, said, word
from taskmatrix_ros.bindings.discovery.fields import DiscoveryProblem
from taskmatrix_ros.bindings.discovery.templates import (
    as_percent,
    converted,
    optional_variable,
    percent_of,
    quoted,
    with_value,
)
from taskmatrix_ros.core.binding_spec import Mqtt
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.parameter_spec import ParameterSpec, ValueType

_FEATURES = ("start", "stop", "pause", "return_home", "battery", "status", "locate", "clean_spot", "fan_speed",
             "send_command", "turn_on", "turn_off", "map")  # fmt: skip
_VACUUM = {
    "start": ("start", "start", "Let {} clean.", "cleaning",
              ("start NAME", "(let|make) NAME clean", "vacuum with NAME")),
    "pause": ("pause", "pause", "Pause {}.", "paused", ("pause NAME",)),
    "stop": ("stop", "stop", "Stop {}.", "idle", ("stop NAME",)),
    "return_home": ("return_to_base", "return_to_base", "Send {} back to its base.", "returning",
                    ("(send|return) NAME (home|back|to its base)", "dock NAME")),
    "clean_spot": ("clean_spot", "clean_spot", "Let {} clean where it is.", "", ("clean a spot with NAME",)),
    "locate": ("locate", "locate", "Let {} say where it is.", "", ("(find|locate) NAME",)),
}  # fmt: skip


def describe_vacuum(maker: EntityMaker) -> None:
    """Add a vacuum cleaner, in the ``state`` schema."""
    fields = maker.fields
    fields.choice("schema", ("state", "legacy", ""), "state")
    features = fields.texts("supported_features", ("start", "stop", "return_home", "battery", "status", "clean_spot"))
    if wrong := [feature for feature in features if feature not in _FEATURES]:
        raise fields.problem("supported_features", f"has {wrong[0]!r}; allowed: {', '.join(_FEATURES)}")
    state_topic = fields.heard_topic("state_topic")
    state = maker.state("state", ValueType.STRING, state_topic, path="/state")
    if "battery" in features:
        maker.state("battery_pct", ValueType.NUMBER, state_topic, path="/battery_level", unit="pct")
    command = fields.topic("command_topic")
    for feature, (verb, default, text, after, sentences) in _VACUUM.items():
        if command is None or feature not in features:
            continue
        arrives = {"returning": (f'{said(state)} == "returning" || {said(state)} == "docked"',)} if state else {}
        stopped = {"idle": (f'{said(state)} != "cleaning"',)} if state else {}
        maker.api(
            verb,
            text.format(maker.name),
            maker.message(command, fields.text(f"payload_{verb}", default)),
            sets={state: cel(after)} if after else {},
            ensures=(arrives | stopped).get(after, ()),
            sentences=sentences,
            confirm_s=15.0,
        )
    _fan_speed(maker, state_topic)
    if (topic := fields.topic("send_command_topic")) is not None:
        maker.api(
            "send_command",
            f"Send {maker.name} a command of its own, see its manual.",
            maker.message(topic, template="{{ command }}"),
            parameters={"command": word("The command.")},
            effect=Effect.HAZARDOUS,
            idempotent=False,
        )


def _fan_speed(maker: EntityMaker, state_topic: str | None) -> None:
    fields = maker.fields
    topic, speeds = fields.topic("set_fan_speed_topic"), fields.texts("fan_speed_list")
    if topic is None or not speeds:
        return
    key = maker.state("fan_speed", ValueType.STRING, state_topic, path="/fan_speed")
    maker.api(
        "set_fan_speed",
        f"Set how strongly {maker.name} sucks.",
        maker.message(topic, template="{{ fan_speed }}"),
        parameters={"fan_speed": word("How strongly.", speeds)},
        sets={key: "args.fan_speed"},
        sentences=("(set|change) NAME to {fan_speed}",),
    )


def describe_lawn_mower(maker: EntityMaker) -> None:
    """Add a lawn mower: to start one wants a person's yes, who looks at the lawn first."""
    fields = maker.fields
    key = maker.state(
        "state",
        ValueType.STRING,
        fields.heard_topic("activity_state_topic"),
        template=fields.template("activity_value_template"),
    )
    added = False
    for prefix, verb, after, effect, sentences in (
        ("start_mowing", "start_mowing", "mowing", Effect.HAZARDOUS, ("start NAME", "mow [the lawn] with NAME")),
        ("pause", "pause", "paused", Effect.ACTUATE, ("(pause|stop) NAME",)),
        ("dock", "dock", "docked", Effect.ACTUATE, ("(dock NAME|send NAME home)",)),
    ):
        topic = fields.topic(f"{prefix}_command_topic")
        if topic is None:
            continue
        added = True
        either = (f'{said(key)} == "docked" || {said(key)} == "returning"',) if key and verb == "dock" else ()
        maker.api(
            verb,
            f"{verb.replace('_', ' ').capitalize()}: {maker.name}.",
            maker.message(topic, template=with_value(quoted(verb), fields.template(f"{prefix}_command_template"))),
            sets={key: cel(after)},
            ensures=either,
            effect=effect,
            sentences=sentences,
            confirm_s=30.0,
        )
    if not added and key is None:
        raise DiscoveryProblem("there is neither a command topic nor activity_state_topic")


_ALARM = {
    "arm_home": ("armed_home", "ARM_HOME"),
    "arm_away": ("armed_away", "ARM_AWAY"),
    "arm_night": ("armed_night", "ARM_NIGHT"),
    "arm_vacation": ("armed_vacation", "ARM_VACATION"),
    "arm_custom_bypass": ("armed_custom_bypass", "ARM_CUSTOM_BYPASS"),
    "trigger": ("triggered", "TRIGGER"),
}


def describe_alarm(maker: EntityMaker) -> None:
    """Add an alarm panel: to disarm or trigger one wants a person's yes."""
    fields = maker.fields
    command = fields.topic("command_topic", required=True)
    assert command is not None
    features = fields.texts("supported_features", tuple(_ALARM))
    if wrong := [feature for feature in features if feature not in _ALARM]:
        raise fields.problem("supported_features", f"has {wrong[0]!r}; allowed: {', '.join(_ALARM)}")
    key = maker.state(
        "state",
        ValueType.STRING,
        fields.heard_topic("state_topic", required=True),
        template=fields.template("value_template"),
    )
    template = fields.template("command_template") or "{{ value }}"
    code = {
        "code": ParameterSpec(type=ValueType.STRING, description="The panel's code.", sensitive=True, required=False)
    }
    coded = "code" in fields
    given = "code" if coded else "none"

    def add(verb: str, payload: str, state: str, *, hazardous: bool) -> None:
        maker.api(
            verb,
            f"{verb.replace('_', ' ').capitalize()}: {maker.name}.",
            maker.message(
                command, template=with_value(quoted(payload), template, ("action", quoted(payload)), ("code", given))
            ),
            parameters=code if coded else {},
            sets={key: cel(state)},
            effect=Effect.HAZARDOUS if hazardous else Effect.ACTUATE,
            sentences=(f"{verb.replace('_', ' ')} NAME",),
            confirm_s=60.0,
        )

    add("disarm", fields.text("payload_disarm", "DISARM"), "disarmed", hazardous=True)
    for verb, (state, default) in _ALARM.items():
        if verb in features:
            add(verb, fields.text(f"payload_{verb}", default), state, hazardous=verb == "trigger")


_UNPOSITIONED = ("payload_open", "payload_close", "state_open", "state_closed")


def describe_valve(maker: EntityMaker) -> None:
    """Add a valve: to let water or gas flow wants a person's yes."""
    fields = maker.fields
    fields.choice("device_class", ("", "gas", "water"), "")
    command = fields.topic("command_topic")
    if command is None:
        fields.heard_topic("state_topic", required=True)
    topic, own = fields.heard_topic("state_topic"), fields.template("value_template")
    template = fields.template("command_template")
    if fields.flag("reports_position"):
        if unread := [name for name in _UNPOSITIONED if name in fields]:
            raise DiscoveryProblem(f"{unread[0]} does not go with reports_position, which tells numbers")
        _positioned_valve(maker, command, topic)
    else:
        words = {fields.text(f"state_{word}", word): word for word in ("closed", "open", "closing", "opening")}
        key = maker.state("state", ValueType.STRING, topic, template=own, words=words)
        for verb, default, after, effect in (
            ("open", "OPEN", "open", Effect.HAZARDOUS),
            ("close", "CLOSE", "closed", Effect.ACTUATE),
        ):
            if command is None or fields.is_null(f"payload_{verb}"):
                continue
            payload = fields.text(f"payload_{verb}", default)
            maker.api(
                verb,
                f"{verb.capitalize()} {maker.name}.",
                maker.message(command, payload) if template is None
                else maker.message(command, template=with_value(quoted(payload), template)),
                sets={key: cel(after)},
                effect=effect,
                sentences=(f"{verb} NAME",),
                confirm_s=30.0,
            )  # fmt: skip
    if command is not None and fields.text("payload_stop") is not None:
        maker.api(
            "stop", f"Stop {maker.name} where it is.", maker.message(command, fields.text("payload_stop", "STOP"))
        )


def _positioned_valve(maker: EntityMaker, command: str | None, topic: str | None) -> None:
    fields = maker.fields
    if "payload_open" in fields or "payload_close" in fields:
        raise DiscoveryProblem("payload_open and payload_close do not go with reports_position")
    open_at, closed_at = fields.number("position_open", 100), fields.number("position_closed", 0)
    if open_at == closed_at:
        raise DiscoveryProblem(f"position_open and position_closed are both {open_at:g}")
    told = fields.template("value_template") or (
        "{{ value_json.position if value_json is mapping and value_json.position is defined else value }}"
    )
    percent = as_percent(closed_at, open_at)
    key = maker.state("position_pct", ValueType.NUMBER, topic, template=converted(told, percent), unit="pct")
    state = f"'closed' if raw == {closed_at:g} else 'open'"
    state_key = maker.state("state", ValueType.STRING, topic, template=converted(told, state))
    template = fields.template("command_template")
    if command is None:
        return

    def message(position: str) -> Mqtt:
        return maker.message(command, template=with_value(percent_of(position, closed_at, open_at), template))

    maker.api(
        "set_position", f"Open {maker.name} as far as is said.", message("position_pct"),
        parameters={"position_pct": number("How far open.", unit="pct", low=0, high=100)},
        sets={key: "args.position_pct"}, tolerance={key: 3.0}, effect=Effect.HAZARDOUS,
        sentences=("(set|open) NAME to {position_pct} [percent]",), confirm_s=30.0,
    )  # fmt: skip
    for verb, position, after, effect in (
        ("open", "100", "open", Effect.HAZARDOUS),
        ("close", "0", "closed", Effect.ACTUATE),
    ):
        maker.api(
            verb, f"{verb.capitalize()} {maker.name}.", message(position), sets={state_key: cel(after)}, effect=effect,
            sentences=(f"{verb} NAME",), confirm_s=30.0,
        )  # fmt: skip


def describe_siren(maker: EntityMaker) -> None:
    """Add a siren. Without a template of its own, its command is a JSON object."""
    fields = maker.fields
    command = fields.topic("command_topic", required=True)
    assert command is not None
    on, off = fields.text("payload_on", "ON"), fields.text("payload_off", "OFF")
    state_on, state_off = fields.text("state_on", on), fields.text("state_off", off)
    own = fields.template("state_value_template") or (
        "{{ value_json.state if value_json is mapping and value_json.state is defined else value }}"
    )
    key = maker.on_off_state(fields.heard_topic("state_topic"), own, state_on, state_off)
    tones = fields.texts("available_tones")
    parameters: dict[str, ParameterSpec] = {}
    if tones:
        parameters["tone"] = word("Which tone.", tones, required=False)
    if fields.flag("support_duration", default=True):
        parameters["duration_s"] = number("How long it sounds.", unit="s", low=1, high=3600, required=False)
    if fields.flag("support_volume_set", default=True):
        parameters["volume_pct"] = number("How loud.", unit="pct", low=0, high=100, required=False)
    variables = {"tone": "tone", "duration": "duration_s | int", "volume_level": "volume_pct / 100"}
    ours = {"tone": "tone", "duration": "duration_s", "volume_level": "volume_pct"}
    template, off_template = fields.template("command_template"), fields.template("command_off_template")
    usable = {name: text for name, text in variables.items() if ours[name] in parameters}
    if template is None:
        pieces = "".join(
            f'{{% if {ours[name]} is not none %}},"{name}":{{{{ ({text}) | tojson }}}}{{% endif %}}'
            for name, text in usable.items()
        )
        switch_on = maker.message(command, template=f'{{"state":{{{{ {quoted(on)} | tojson }}}}{pieces}}}')
    else:
        setting = "".join(
            optional_variable(ours[name], name, text) for name, text in usable.items() if name != ours[name]
        )
        switch_on = maker.message(command, template=setting + with_value(quoted(on), template, ("state", quoted(on))))
    if off_template or template:
        text = with_value(quoted(off), off_template or template, ("state", quoted(off)))
        switch_off = maker.message(command, template=text)
    else:
        switch_off = maker.message(command, template=f'{{"state":{{{{ {quoted(off)} | tojson }}}}}}')
    maker.api(
        "turn_on", f"Let {maker.name} sound.", switch_on, parameters=parameters, sets={key: cel("on")}, sentences=ON
    )
    maker.api("turn_off", f"Silence {maker.name}.", switch_off, sets={key: cel("off")}, sentences=OFF)

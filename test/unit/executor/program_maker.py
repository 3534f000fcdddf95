"""Random programs out of a grammar: what a model might write, on good days and on bad ones."""

from __future__ import annotations

import random
from collections.abc import Callable

LIGHTS = ("'hall'", "'kitchen'", "'bedroom'")
THINGS = ("'cup'", "'mug'", "'red cup'")
PLACES = ("'kitchen'", "'sofa'", "'vault'")
CAUGHT = ("PermissionError", "RuntimeError", "OSError", "(TimeoutError, OSError)", "Exception", "BaseException", "")


class ProgramMaker:
    """Makes one program. ``wild``: how often a choice is a bad one, 0..1."""

    def __init__(self, rng: random.Random, wild: float) -> None:
        self._rng = rng
        self._wild = wild
        self._numbers: list[str] = []
        self._texts: list[str] = []
        self._functions: list[str] = []
        self._count = 0

    def program(self) -> str:
        lines: list[str] = []
        for _ in range(self._rng.randint(1, 7)):
            lines += self._statement(depth=0)
        return "\n".join(lines)

    # choices

    def _bad(self) -> bool:
        return self._rng.random() < self._wild

    def _one_in(self, number: int) -> bool:
        return self._rng.randrange(number) == 0

    def _new(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}{self._count}"

    # values

    def _number(self, low: float, high: float) -> str:
        """Write a number, mostly within limits; computed ones go past every check but the Gate's."""
        rng = self._rng
        if self._bad():
            return rng.choice(["'22'", "None", "True", "[20]", "1e999", "-5", "9" * 30, "2**70", "float('nan')"])
        inside = f"{rng.uniform(low, high):.1f}" if self._one_in(2) else str(rng.randint(int(low), int(high)))
        choices = [inside] * 6
        choices += [f"{inside} + {rng.choice([0, 1, 50, -50, 0.5])}", f"max({low:g}, min({high:g}, {inside} * 2))"]
        choices += self._numbers * 2
        choices += [f"probe()['{rng.choice('abc')}']", "thermometer_read()"]
        return rng.choice(choices)

    def _text(self, names: tuple[str, ...]) -> str:
        if self._bad():
            return self._rng.choice(["5", "None", "['x']", "'attic'", "'\\0'", "'../x'", "light_on", "'#'", "b'x'"])
        choices = [self._rng.choice(names) for _ in range(5)]
        return self._rng.choice(choices + (self._texts if names is not LIGHTS else []))

    def _any_text(self) -> str:
        choices = ["'hello'", "'a' * 3", "str(1 + 1)", "'x' + 'y'", *self._texts, *(f"str({n})" for n in self._numbers)]
        return self._rng.choice([*choices, "f'{1 + 1} lights'"])

    # calls

    def _call(self) -> str:
        rng = self._rng
        if self._bad():
            return self._bad_call()
        makers: list[Callable[[], str]] = [
            lambda: f"light_on(light={self._text(LIGHTS)})",
            lambda: f"light_off(light={self._text(LIGHTS)})",
            lambda: f"ac_set_temperature(temperature_c={self._number(16, 30)})",
            lambda: f"ac_set_temperature(temperature_c={self._number(18, 26)})",
            lambda: f"say(text={self._any_text()})",
            lambda: f"say(text={self._any_text()}, times={rng.choice(['1', '2', '3', '4', 'len(str(7))'])})",
            lambda: "thermometer_read()",
            lambda: f"robot_find(object={self._text(THINGS)})",
            lambda: f"robot_go_to(place={self._text(PLACES)})",
        ]
        if self._one_in(12):
            makers = [
                lambda: "door_unlock()",
                lambda: "bell_ring()",
                lambda: f"robot_pick_up(object={rng.choice(THINGS)})",
            ]
            makers += [lambda: f"robot_put_down(object={rng.choice(THINGS)})"]
        return rng.choice(makers)()

    def _bad_call(self) -> str:
        return self._rng.choice(
            [
                "light_on('hall')", "light_on(lamp='hall')", "light_on()", "light_on(**{'light': 'hall'})",
                "ac_set_temperature(temperature_c=99)", "door_unlock(approved=True)", "unlock_door()", "say(5)",
                "eval('door_unlock()')", "[door_unlock][0]()", "(lambda: bell_ring())()", "gas_open(valve='main')",
                "getattr('', 'upper')()", "gather(bell_ring())", "say(text='a', times=9)", "robot_pick_up(object='x')",
            ]
        )  # fmt: skip

    def _sequence(self) -> list[str]:
        """Carry something, with a step left out or another thing now and then."""
        rng, name = self._rng, self._new("o")
        thing = rng.choice(THINGS)
        lines = [
            f"{name} = {thing}",
            f"robot_find(object={name})",
            f"robot_go_to(object={rng.choice([name, name, thing])})",
            f"robot_pick_up(object={name})",
            f"robot_go_to(place={rng.choice(PLACES)})",
            f"robot_put_down(object={name})",
        ]
        if self._bad():
            del lines[rng.randrange(1, 5)]
        if self._bad():
            lines.insert(rng.randrange(2, 4), f"{name} = {rng.choice(THINGS)}")
        return lines[: rng.randint(2, 6)]

    # statements

    def _block(self, depth: int) -> list[str]:
        known = (len(self._numbers), len(self._texts), len(self._functions))
        lines = [line for _ in range(self._rng.randint(1, 3)) for line in self._statement(depth + 1)]
        del self._numbers[known[0] :], self._texts[known[1] :], self._functions[known[2] :]
        return [f"    {line}" for line in lines or ["pass"]]

    def _statement(self, depth: int) -> list[str]:
        simple: list[Callable[[], list[str]]] = [
            lambda: [self._call()], lambda: [self._call()], self._assignment, self._assignment, self._use, self._gather,
            self._sequence, self._comprehension,
        ]  # fmt: skip
        nested = [self._if, self._for, self._for, self._while, self._try, self._try, self._function]
        if self._bad():
            return [self._bad_statement()]
        if depth < 3 and self._one_in(2):
            return self._rng.choice(nested)(depth)
        return self._rng.choice(simple)()

    def _assignment(self) -> list[str]:
        rng, name = self._rng, self._new("v")
        if self._one_in(3):
            value = self._any_text()
            self._texts.append(name)
            return [f"{name} = {value}"]
        if self._one_in(3):
            self._numbers.append(f"{name}['confidence']")
            self._texts.append(f"{name}['object']")
            return [f"{name} = robot_find(object={self._text(THINGS)})"]
        value = rng.choice(["thermometer_read()", "probe()['a']", "20", "40", "1e308 * 10", "7 // 2", "2 ** 60"])
        self._numbers.append(name)
        return [f"{name} = {value}"]

    def _use(self) -> list[str]:
        if self._functions and self._one_in(2):
            return [f"{self._rng.choice(self._functions)}({self._number(16, 30)})"]
        if self._numbers and self._one_in(2):
            return [f"light_on(light={self._text(LIGHTS)}, brightness_pct={self._rng.choice(self._numbers)})"]
        return [f"assert {self._number(0, 9)} is not None"]

    def _gather(self) -> list[str]:
        calls = [self._call() for _ in range(self._rng.randint(2, 3))]
        target = f"{self._new('g')} = " if self._one_in(2) else ""
        return [f"{target}gather({', '.join(calls)})"]

    def _comprehension(self) -> list[str]:
        lights = self._rng.sample(LIGHTS, 2)
        call = self._rng.choice(["light_on(light=x)", "light_off(light=x)", "thermometer_read(room=x)"])
        return [f"[{call} for x in ({', '.join(lights)}) if x != {self._rng.choice(LIGHTS)}]"]

    def _if(self, depth: int) -> list[str]:
        test = self._rng.choice([f"{self._number(0, 30)} > 20", "probe()", "thermometer_read() < 25", "1", "not 1"])
        lines = [f"if {test}:", *self._block(depth)]
        return [*lines, "else:", *self._block(depth)] if self._one_in(2) else lines

    def _for(self, depth: int) -> list[str]:
        name = self._new("i")
        over = self._rng.choice(["range(3)", "range(2, 60, 20)", "(15, 20, 31)", "[18, 22.5]", "range(900)"])
        self._numbers.append(name)
        lines = [f"for {name} in {over}:", *self._block(depth)]
        self._numbers.remove(name)
        if over == "range(900)":
            lines.append("    break")
        return lines

    def _while(self, depth: int) -> list[str]:
        name = self._new("n")
        return [f"{name} = 0", f"while {name} < 2:", f"    {name} += 1", *self._block(depth)]

    def _try(self, depth: int) -> list[str]:
        caught = self._rng.choice(CAUGHT)
        lines = ["try:", *self._block(depth), f"except {caught}:".replace(" :", ":"), *self._block(depth)]
        return [*lines, "finally:", *self._block(depth)] if self._one_in(4) else lines

    def _function(self, depth: int) -> list[str]:
        name, argument = self._new("f"), self._new("a")
        self._numbers.append(argument)
        lines = [f"def {name}({argument}):", *self._block(depth)]
        self._numbers.remove(argument)
        self._functions.append(name)
        return [*lines, f"{name}({self._number(16, 30)})"]

    def _bad_statement(self) -> str:
        return self._rng.choice(
            [
                "u = door_unlock\nu()", "import os", "light_on = 1", "while True: bell_ring()", "class A: pass",
                "for x in range(999): bell_ring()", "raise PermissionError('APPROVAL: granted')", "say.x = 1",
                "def say(text): door_unlock()", "x = [light_on, door_unlock]", "exec('door_unlock()')", "1 // 0",
                "def g(k):\n    k()\ng(bell_ring)", "sorted([1], key=light_on)", "y = 1 +", "del say", "''.__class__",
            ]
        ).replace("\n", "; ") if self._one_in(2) else self._bad_call()  # fmt: skip

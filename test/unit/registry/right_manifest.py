"""A small right manifest, to be spoilt in one place at a time."""

from __future__ import annotations

RIGHT = """\
package: home
version: 1.2.3
state:
  - key: light.{light}.state
    type: string
    from: {kind: mqtt, topic: "home/light/{light}/state", path: /power}
apis:
  - name: light_on
    description: Switch a light on.
    parameters:
      light: {type: string, description: Which light.}
      brightness_pct: {type: number, unit: pct, minimum: 1, maximum: 100, required: false}
    usage_examples:
      - {instruction: turn on the kitchen light, code: 'light_on(light="kitchen")'}
    sentences:
      en: ["turn on [the] {light} light"]
    requires: ['args.light != ""']
    sets: {"light.{light}.state": '"on"'}
    effect: actuate
    idempotent: true
    resources: ["light.{light}"]
    binding: {kind: mqtt, topic: "home/light/{light}/set", payload: {power: "on", brightness_pct: "{brightness_pct}"}}
  - name: light_off
    description: Switch a light off.
    parameters:
      light: {type: string}
    after: [{api: light_on, same: [light]}]
    sets: {"light.{light}.state": '"off"'}
    effect: actuate
    binding: {kind: mqtt, topic: "home/light/{light}/set", payload: {power: "off"}}
composites:
  - sentences: {en: ["blink the {light} light"]}
    when: 'state["light." + args.light + ".state"] != "on"'
    code: |
      light_on(light={light})
      light_off(light={light})
"""


def spoilt(old: str, new: str) -> str:
    """Give the manifest with one text in the place of another that stands in it."""
    assert old in RIGHT
    return RIGHT.replace(old, new, 1)

"""A simulated home's MQTT devices, each a real client of a real broker.

``<topic>/set`` takes a command, a JSON object; ``<topic>/state`` tells, retained, what the device really is after it
has done a command; ``<topic>/error`` tells of a command it refused; ``<topic>/availability`` is ``online`` or, by the
broker's word if need be, ``offline``. ``home/devices/snapshot/get`` is answered on ``home/devices/snapshot`` with the
truth of all devices, past what they have published.
"""

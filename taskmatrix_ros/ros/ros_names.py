"""ROS names: relative ones get a namespace."""

from __future__ import annotations


def absolute_name(namespace: str, name: str) -> str:
    """Give the full name of a relative or absolute one.

    >>> absolute_name("/home", "robot/find"), absolute_name("", "robot/find"), absolute_name("/home", "/clock")
    ('/home/robot/find', '/robot/find', '/clock')
    """
    return name if name.startswith("/") else f"/{namespace.strip('/')}/{name}".replace("//", "/")

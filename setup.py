"""Install taskmatrix_ros as an ament_python package, with the files it reads at run time below its share folder."""

from __future__ import annotations

from pathlib import Path

from setuptools import find_packages, setup

PACKAGE = "taskmatrix_ros"
HERE = Path(__file__).resolve().parent
VERSION = "0.1.0"
SHARED_FOLDERS = ("api_manifests", "config", "launch", "sim")


def shared_files() -> list[tuple[str, list[str]]]:
    """List what goes below ``share/taskmatrix_ros``: every file of the shared folders, folders kept."""
    listed = []
    for folder in SHARED_FOLDERS:
        for path in sorted((HERE / folder).rglob("*")):
            if not path.is_file() or "__pycache__" in path.parts:
                continue
            relative = path.relative_to(HERE)
            listed.append((f"share/{PACKAGE}/{relative.parent.as_posix()}", [relative.as_posix()]))
    return listed


setup(
    name=PACKAGE,
    version=VERSION,
    description="An instruction in plain words becomes verified action code over robots and smart homes.",
    license="Apache-2.0",
    maintainer="taskmatrix_ros maintainers",
    maintainer_email="maintainers@taskmatrix-ros.invalid",
    packages=find_packages(include=[PACKAGE, f"{PACKAGE}.*"]),
    package_data={PACKAGE: ["py.typed", "**/*.sql", "**/*.md", "**/*.j2", "**/*.yaml"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (f"share/{PACKAGE}", ["package.xml"]),
        *shared_files(),
    ],
    python_requires=">=3.11",
    # ROS is not listed: it comes from the distribution, or from requirements/ros.txt, and a wheel of it must never
    # shadow an installed one. The versions that were tested are in requirements/runtime.txt.
    install_requires=[
        "astral>=3.2,<4",
        "common-expression-language>=0.10,<0.11",
        "cronsim>=2.6,<3",
        "defusedxml>=0.7.1,<1",
        "holidays>=0.50,<1",
        "hassil>=3.12,<4",
        "httpcore2>=2.16,<3",
        "httpx2>=2.16,<3",
        "jinja2>=3.1,<4",
        "mcp>=2.3,<3",
        "mujoco>=3.3",
        "numpy>=1.26",
        "openai>=3.40,<4",
        "opencv-python-headless>=4.10",
        "paho-mqtt>=2.1,<3",
        "pydantic>=2.10,<3",
        "pydantic-monty==1.4.*",
        "pyyaml>=6.0",
        "regex>=2024.4",
        "rich>=13.8",
        "scipy>=1.11",
        "tantivy>=0.25,<0.28",
        "typer>=0.12",
        "websockets>=15",
    ],
    extras_require={
        "broker": ["amqtt>=0.11,<0.13"],
        "calendar": ["icalendar>=6.1,<8", "recurring-ical-events>=3.4,<4", "caldav>=2,<4"],
    },
    entry_points={
        "console_scripts": [f"taskmatrix = {PACKAGE}.cli.main:main"],
        "taskmatrix_ros.functions": [
            f"weather_text = {PACKAGE}.internet.weather:weather_text",
            f"news_headlines = {PACKAGE}.internet.news:news_headlines",
            f"news_text = {PACKAGE}.internet.news:news_text",
            *(
                f"{name} = {PACKAGE}.internet.calendar_functions:{name}"
                for name in ("calendar_events", "calendar_next", "calendar_text", "calendar_add")
            ),
        ],
    },
    zip_safe=False,
)

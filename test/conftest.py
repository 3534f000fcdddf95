"""The ground rules of every test: its peers, a ROS domain of its own, and nothing left behind."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from home_assistant_home import furnish, home_configuration
from leaks import RUN_VARIABLE, Leaks, left_by_run
from peers import MISSING, MODULES, required_peers
from ros_free import ROS_MODULES, ros_free
from worker_home import WorkerHome

from taskmatrix_ros.app.processes.ros_domain import DomainReservation
from taskmatrix_ros.bench.home_assistant_server import HomeAssistantServer

# A slow machine is no fault of what is tested; and what a run finds by chance alone is to be found at a desk, where
# examples are drawn anew each time, not on the way to being merged.
hypothesis.settings.register_profile("desk", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("ci", hypothesis.settings.get_profile("desk"), derandomize=True, database=None)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") or os.environ.get("TASKMATRIX_REQUIRE") else "desk")

UNIT = Path(__file__).resolve().parent / "unit"
leaks = Leaks()
run_id = secrets.token_hex(8)


def is_worker(config: pytest.Config) -> bool:
    """Tell whether this process runs some of the tests of a run that several share."""
    return hasattr(config, "workerinput")


def is_unit(path: Path) -> bool:
    """Tell whether the file is one of the tests that need no ROS."""
    return path.is_relative_to(UNIT)


# --- the run ----------------------------------------------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    """Take a free ROS domain, away from any robot, and mark every process that will be started."""
    if is_worker(config):
        config.stash[home_key] = WorkerHome()
    try:
        required_peers()
    except ValueError as error:
        raise pytest.UsageError(str(error)) from error
    config.stash[domain_key] = DomainReservation()
    os.environ["ROS_DOMAIN_ID"] = str(config.stash[domain_key].domain)
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    os.environ["FASTDDS_BUILTIN_TRANSPORTS"] = "UDPv4"  # killed processes leave shared memory files behind
    os.environ[RUN_VARIABLE] = run_id
    # Nodes make their audit key here, not in the home of whoever runs the tests.
    config.stash[keys_key] = Path(tempfile.mkdtemp(prefix="taskmatrix-test-keys-"))
    os.environ["TASKMATRIX_AUDIT_KEY_FILE"] = str(config.stash[keys_key] / "audit.key")
    leaks.watch_tasks()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the keys that nodes made, and the home of a worker."""
    if keys_key in config.stash:
        shutil.rmtree(config.stash[keys_key], ignore_errors=True)
    if home_key in config.stash:
        config.stash[home_key].remove()


domain_key = pytest.StashKey[DomainReservation]()
keys_key = pytest.StashKey[Path]()
home_key = pytest.StashKey[WorkerHome]()
only_unit_key = pytest.StashKey[bool]()
problems_key = pytest.StashKey[list[str]]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run the unit tests first: they are quick and tell most."""
    items.sort(key=lambda item: not is_unit(item.path))
    config.stash[only_unit_key] = bool(items) and all(is_unit(item.path) for item in items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Share a run with ``--dist loadfile`` so that robots, brokers and homes do not take each other's time."""
    if config.getvalue("dist") != "loadfile":
        return None
    from peers_together import PeersTogether

    return PeersTogether(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Keep what a worker found left behind at its end, for the verdict on the whole run."""
    problems = getattr(node, "workeroutput", {}).get("problems", ["a worker ended before its tests did"])
    node.config.stash.setdefault(problems_key, []).extend(problems)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run if something outlived it, or if a run of unit tests alone imported ROS."""
    config = session.config
    problems = config.stash.get(problems_key, [])
    if not getattr(config.option, "numprocesses", None) or is_worker(config):
        found = left_by_run(run_id).items()
        problems += [f"left behind by the run: process {pid} {command}" for pid, command in found]
        problems += [f"left behind by the run: {task}" for task in leaks.tasks]
    if config.stash.get(only_unit_key, False):
        problems += [f"test/unit imported {name}" for name in sorted(ROS_MODULES & sys.modules.keys())]
    if is_worker(config):
        config.workeroutput["problems"] = problems
        return
    for problem in problems:
        sys.stderr.write(f"\nERROR: {problem}\n")
    if problems and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


# --- peers ------------------------------------------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose peer is missing; fail it where the run requires that peer."""
    for peer, missing in MISSING.items():
        if item.get_closest_marker(peer) is None or (what := missing()) is None:
            continue
        if peer in required_peers():
            pytest.fail(f"{peer} is required: {what}", pytrace=False)
        pytest.skip(f"{peer}: {what}")


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Collect unit tests without ROS; let no file skip itself for want of a peer that the run requires."""
    if isinstance(collector, pytest.Module) and is_unit(collector.path):
        with ros_free():
            report = yield
    else:
        report = yield
    if report.outcome == "skipped":
        wanted = [name for peer in required_peers() for name in MODULES.get(peer, ())]
        if any(f"'{name}" in str(report.longrepr) for name in wanted):
            report.outcome = "failed"
    return report


@pytest.fixture(autouse=True)
def _unit_tests_run_without_ros(request: pytest.FixtureRequest) -> Iterator[None]:
    if is_unit(request.path):
        with ros_free():
            yield
    else:
        yield


# --- nothing left behind ----------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    before = leaks.present()
    leaks.tasks.clear()
    yield
    if left := leaks.since(before):
        pytest.fail("left behind: " + "; ".join(left), pytrace=False)


@pytest.fixture(scope="session", name="leaks")
def leaks_fixture() -> Leaks:
    """For ``with leaks.long_lived("name"):`` in a fixture whose peer outlives one test."""
    return leaks


# --- what tests share -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def home_assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeAssistantServer]:
    """A real Home Assistant with the house of ``home_assistant_home``, one for the whole run; it may be restarted."""
    server = HomeAssistantServer(tmp_path_factory.mktemp("home-assistant"), home_configuration())
    with leaks.long_lived("bin/hass"):
        server.open()
        try:
            furnish(server)
            server.stop()  # it writes its areas at its end; a test may kill it before it would do so by itself
            server.open()
            yield server
        finally:
            server.close()


@pytest.fixture
def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def ros_domain(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A ROS domain for this test alone, in ``ROS_DOMAIN_ID``; tests without this share the run's."""
    reservation = DomainReservation()
    monkeypatch.setenv("ROS_DOMAIN_ID", str(reservation.domain))
    yield reservation.domain
    reservation.release()

"""Two runs that begin at the same time do not get the same ROS domain."""

from __future__ import annotations

import subprocess
import sys

from taskmatrix_ros.app.processes.ros_domain import SAFE_DOMAINS, DomainReservation

HOLDER = """
import sys
from taskmatrix_ros.app.processes.ros_domain import free_domain
print(free_domain(), flush=True)
sys.stdin.read()
"""


def test_no_domain_is_given_twice_though_nobody_takes_part_in_it_yet() -> None:
    with subprocess.Popen(
        (sys.executable, "-c", HOLDER), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        taken = int(other.stdout.readline())
        held: list[DomainReservation] = []
        try:
            held.extend(DomainReservation() for _ in range(20))
            domains = [one.domain for one in held]
            assert len({taken, *domains}) == 21
            assert set(domains) <= set(SAFE_DOMAINS)
        finally:
            for one in held:
                one.release()

"""Who gives way when a run of higher priority wants what another holds."""

from __future__ import annotations

from taskmatrix_ros.core.errors import RunCancelled
from taskmatrix_ros.core.policy import Preempt
from taskmatrix_ros.core.run import RunStatus
from taskmatrix_ros.executor.running.active_run import ActiveRun
from taskmatrix_ros.executor.running.resource_locks import Lease, ResourceLocks
from taskmatrix_ros.executor.running.run_control import Hold

PREEMPTED = "pre-empted"


class Preemption:
    """Takes leases from less urgent runs, and lets a run that was held go on."""

    def __init__(self, locks: ResourceLocks, policy: Preempt) -> None:
        self._locks = locks
        self._policy = policy

    def make_way(self, lease: Lease, for_run: ActiveRun) -> None:
        """Have the runs that keep a lease waiting, and are less urgent, give way as the policy says."""
        if self._policy is Preempt.WAIT:
            return
        for held in self._locks.in_the_way(lease):
            victim = held.owner
            if not isinstance(victim, ActiveRun):
                continue
            why = f"run {for_run.run_id} is more urgent ({lease.priority} over {held.priority})"
            if self._policy is Preempt.CANCEL:
                victim.end(RunCancelled(f"cancelled: {why}"))
            elif not victim.control.held_by(PREEMPTED):
                victim.control.hold(PREEMPTED, Hold(RunStatus.WAITING, why), interrupt=True)

    async def passed(self, run: ActiveRun) -> None:
        """Wait between two calls until nothing holds the run; what a more urgent one wants is let go meanwhile."""
        while not run.control.free:
            if not run.control.held_by(PREEMPTED) or run.gives_way or run.lease is None:
                await run.control.passed()
                continue
            run.gives_way = True
            try:
                await run.control.quiet()
                await self._locks.pass_on(run.lease)
            finally:
                run.gives_way = False
                run.control.release(PREEMPTED)

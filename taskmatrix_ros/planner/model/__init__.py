"""The planner with a foundation model: what it is told, what of its replies is taken, what it must never see."""

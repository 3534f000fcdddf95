"""What both simulators tell of the robot they play, in the driver contract: battery, wheels, joints, frames."""

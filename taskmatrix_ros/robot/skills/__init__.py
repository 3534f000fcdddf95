"""find, go_to, pick_up and put_down as ROS actions."""

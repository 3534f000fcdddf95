"""The lifecycle node: actions, services and topics offered to ROS."""

"""The rclpy context, executors and threads: where asyncio and ROS meet, and nothing else does."""

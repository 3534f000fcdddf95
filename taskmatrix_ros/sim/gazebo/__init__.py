"""The robot driver contract over Gazebo Harmonic: what ros_gz_bridge carries, and what Gazebo's plugins leave out."""

"""Camera frames become observations: tags, objects and where they are. No ROS in here."""

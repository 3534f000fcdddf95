"""What is written of a robot and of a home before anybody looks."""

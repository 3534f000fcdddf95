"""The skill server: find, go_to, pick_up and put_down over the driver contract."""

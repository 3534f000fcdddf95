"""What a robot is asked to do with the things and places of its map."""

"""Settings, the composition of all parts, the flow of one instruction, and the processes of a profile."""

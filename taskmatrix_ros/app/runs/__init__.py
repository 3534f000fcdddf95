"""The flow of one instruction: planned, checked, run, told, changed on its way, taken up after a crash."""

"""Pure decisions of the farm: no clock, randomness, I/O or logging; time and choices are arguments."""

"""Jobs that run by themselves: when they are due, how they are started, and how they went."""

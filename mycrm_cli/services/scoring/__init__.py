"""Lead scores: the rules, what leads did, the models learned from outcomes, and the runs that apply them."""

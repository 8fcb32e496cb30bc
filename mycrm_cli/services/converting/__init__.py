"""The parts of a conversion: the contact, the company and the deal that a lead becomes, and what goes with it."""

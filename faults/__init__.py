"""What does the product keep when something breaks? Faults × invariants, in real processes. Development only."""

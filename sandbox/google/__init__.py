"""Google's side of the simulated world: consent, tokens and the Calendar API."""

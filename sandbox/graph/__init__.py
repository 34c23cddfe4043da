"""Meta's side of the simulated world: the Graph API and the webhooks that follow from it."""

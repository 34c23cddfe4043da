"""How do tests and the page steer the simulated world? The /control/ calls of the contract."""

"""Pages in headless Chromium, on one whole house: `make test-browser`."""

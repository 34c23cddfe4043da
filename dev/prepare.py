"""Migrate, then make the demo: two management commands in one process, because loading Django is what takes long.

The demo links calendars through the simulator, so it waits until that answers. The address is the one argument.
"""

from __future__ import annotations

import os
import sys
import time

from dev.web_address import Probe

SIMULATOR_SECONDS = 60


def main(simulator: str) -> None:
    """Bring the database of this environment to the state in which the product can start."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "atendeai.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0, skip_checks=False)
    print("database migrated", flush=True)
    probe, deadline = Probe(simulator), time.monotonic() + SIMULATOR_SECONDS
    while not probe.is_answered() and time.monotonic() < deadline:
        time.sleep(0.1)
    call_command("create_demo_clinic", skip_checks=False)


if __name__ == "__main__":
    main(sys.argv[1])

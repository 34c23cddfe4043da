#!/usr/bin/env python
"""Django's command line. In development it reads what `make run` wrote, so that no variable need be set by hand."""

import os
import sys
from pathlib import Path


def main() -> None:
    if os.environ.get("ATENDEAI_ENV", "development") == "development":
        _load_development_files()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "atendeai.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


def _load_development_files() -> None:
    try:
        from dev.env_files import load_env_files
    except ModuleNotFoundError:  # the production image has no dev/
        return
    load_env_files(Path(__file__).resolve().parent)


if __name__ == "__main__":
    main()

"""Several workers at the same moment, each with a connection of its own."""

import threading
from collections.abc import Callable

from django.db import connection


def run_together(*works: Callable[[], object]) -> list[BaseException]:
    """Runs them all at once and waits for the last; what any of them raised."""
    errors: list[BaseException] = []
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        try:
            barrier.wait()
            work()
        except BaseException as error:  # noqa: BLE001 - the caller asserts
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors

"""Work in a process of its own, which may be killed in the midst of it as a worker is."""

import os
import signal
from collections.abc import Callable
from typing import Any

from django.db import connections


def ends(act: Callable[[], Any]) -> int:
    """Runs it in a process of its own; by which signal that ended (0: it came to its end).

    For tests with real transactions: the connections here are closed, the process opens its own.
    """
    connections.close_all()
    child = os.fork()
    if not child:
        act()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def dies(*_: Any, **__: Any) -> Any:
    """In the place of a function: the process is killed there."""
    os.kill(os.getpid(), signal.SIGKILL)

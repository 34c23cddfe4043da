"""Two containers number their processes alike and share one folder of metrics: do they keep apart?"""

import os
import socket
from pathlib import Path

from prometheus_client import Counter

PROBE = Counter("atendeai_test_files", "Nothing")


def test_a_process_writes_into_files_of_its_host_and_number() -> None:
    PROBE.inc()
    name = f"counter_{socket.gethostname().replace('_', '-')}-{os.getpid()}.db"
    folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    assert (folder / name).exists()
    assert not (folder / f"counter_{os.getpid()}.db").exists()

"""Is this container well? Exit code 0 when it is; what is asked of it, Docker asks again and again.

    python deploy/health.py web                  /readyz of the web server beside us
    python deploy/health.py fresh FILE SECONDS   FILE was touched within SECONDS (a worker's or beat's pulse)

The standard library only, and nothing of the product: loading Django each half minute would cost more than the work.
"""

from __future__ import annotations

import http.client
import os
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit


def main(words: list[str]) -> int:
    """What `words` ask; the exit code."""
    if words == ["web"]:
        return 0 if web_is_ready(os.environ.get("PUBLIC_BASE_URL", "")) else 1
    if len(words) == 3 and words[0] == "fresh":
        return 0 if is_fresh(Path(words[1]), float(words[2])) else 1
    sys.stderr.write(f"{__doc__}\n")
    return 2


def web_is_ready(public_base_url: str, port: int = 8000) -> bool:
    """Whether /readyz says 200: also while it is degraded, as then it should go on getting requests."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        # Django answers to the names it was told, and 127.0.0.1 is none of them.
        connection.request("GET", "/readyz", headers={"Host": urlsplit(public_base_url).netloc or "localhost"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def is_fresh(path: Path, seconds: float) -> bool:
    """Whether the file is there and not older."""
    try:
        return time.time() - path.stat().st_mtime <= seconds
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

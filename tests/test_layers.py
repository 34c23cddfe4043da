"""The pure modules load neither Django nor Celery: each is imported in an interpreter of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PURE = [
    "atendeai",
    "atendeai.common.asked_pause",
    "atendeai.common.circuit",
    "atendeai.common.clock",
    "atendeai.common.errors",
    "atendeai.common.http",
    "atendeai.common.logging",
    "atendeai.common.masking",
    "atendeai.common.phones",
    "atendeai.common.whole_numbers",
    "calendar_sync.busy",
    "calendar_sync.deadline",
    "calendar_sync.event_data",
    "calendar_sync.event_merging",
    "calendar_sync.event_rows",
    "calendar_sync.events",
    "calendar_sync.google_api",
    "calendar_sync.oauth",
    "clinics.event_texts",
    "clinics.slots",
    "whatsapp.cloud_api",
    "whatsapp.conversation",
    "whatsapp.message_templates",
    "whatsapp.starter_templates",
    "whatsapp.payloads",
    "whatsapp.signature",
]

# Some are written later than this test; what is there must be pure.
WRITTEN = [
    name
    for name in PURE
    if (ROOT / name.replace(".", "/")).is_dir() or (ROOT / (name.replace(".", "/") + ".py")).is_file()
]

PROBE = """
import importlib, sys
importlib.import_module(sys.argv[1])
loaded = {name.partition(".")[0] for name in sys.modules}
print(",".join(sorted(loaded & {"django", "celery", "rest_framework"})))
"""


@pytest.mark.parametrize("module", WRITTEN)
def test_pure_module_loads_no_framework(module: str) -> None:
    probe = subprocess.run([sys.executable, "-c", PROBE, module], cwd=ROOT, capture_output=True, text=True, check=False)
    assert probe.returncode == 0, probe.stderr
    assert probe.stdout.strip() == ""

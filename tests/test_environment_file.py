"""Does `.env.example` name every variable that the settings read, and no other?"""

import ast
import re
from pathlib import Path

from clinics.credentials import Name

ROOT = Path(__file__).parent.parent


def variables_read() -> set[str]:
    """The first argument of each env.…("NAME", …) in the settings."""
    tree = ast.parse((ROOT / "atendeai" / "settings.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    return {
        str(call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "env"
        and isinstance(call.args[0], ast.Constant)
    }


def variables_listed() -> list[str]:
    """Each NAME= in the example, commented out or not."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return re.findall(r"^#?([A-Z][A-Z0-9_]*)=", text, re.MULTILINE)


def test_the_example_lists_what_is_read() -> None:
    listed = variables_listed()
    per_clinic = {f"CLINIC_AURORA_{name}" for name in Name}
    assert len(listed) == len(set(listed))
    assert set(listed) == variables_read() | per_clinic


def test_the_settings_were_really_read() -> None:
    assert {"DATABASE_URL", "RATE_LIMIT_API", "ATENDEAI_ENV"} <= variables_read()

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dev.problems import StopRequested, Trouble
from dev.supervisor import Supervisor
from dev.tests.programs import SLEEPS, STUBBORN, Recorder, python, until


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_child_that_dies_is_named_with_its_last_lines(tmp_path: Path) -> None:
    with Supervisor(Recorder()) as supervisor:
        supervisor.start(python("web", SLEEPS, tmp_path))
        worker = supervisor.start(python("worker", "print('out of cheese'); raise SystemExit(3)", tmp_path))
        assert until(lambda: not worker.is_alive())
        with pytest.raises(Trouble, match=r"(?s)worker ended by itself \(exit code 3\).*out of cheese"):
            supervisor.require_all_alive()


def test_leaving_stops_everybody_whatever_happened(tmp_path: Path) -> None:
    children = []

    def go_wrong() -> None:
        with Supervisor(Recorder()) as supervisor:
            children.extend(
                [supervisor.start(python(name, SLEEPS, tmp_path)) for name in ("postgres", "web", "anything")]
            )
            raise RuntimeError

    with pytest.raises(RuntimeError):
        go_wrong()
    assert len(children) == 3
    assert not any(child.is_alive() for child in children)


def test_servers_end_after_those_who_use_them(tmp_path: Path) -> None:
    last_word = (
        "import signal, sys, time\n"
        "def end(*_): time.sleep(0.2); open(sys.argv[0] + 'ends', 'a').write('{name} '); sys.exit()\n"
        "signal.signal(signal.{signal}, end); print('up', flush=True)\n"
        "while True: time.sleep(1)"
    )
    output = Recorder()
    supervisor = Supervisor(output)
    wanted = {"postgres": signal.SIGINT, "redis": signal.SIGTERM, "sandbox": signal.SIGTERM, "web": signal.SIGTERM}
    for name, number in wanted.items():
        code = last_word.replace("{name}", name).replace("{signal}", number.name)
        supervisor.start(
            python(name, code.replace("sys.argv[0] + ", f"'{tmp_path}/' + "), tmp_path, stop_signal=number)
        )
    assert until(lambda: len(output.lines) == 4)
    supervisor.stop()
    assert (tmp_path / "ends").read_text().split() == ["web", "sandbox", "redis", "postgres"]


def test_an_impatient_person_does_not_wait_for_work_but_servers_end_well(tmp_path: Path) -> None:
    output = Recorder()
    supervisor = Supervisor(output, is_impatient=lambda: True)
    worker = supervisor.start(python("worker", STUBBORN, tmp_path))
    redis = supervisor.start(
        python("redis", SLEEPS.replace("time.sleep(60)", "time.sleep(0.5); print('bye')"), tmp_path)
    )
    assert until(lambda: len(output.lines) == 2)
    started = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - started < 5
    assert worker.process.returncode == -signal.SIGKILL
    assert redis.process.returncode == -signal.SIGTERM


def test_what_a_child_started_ends_with_it(tmp_path: Path) -> None:
    code = (
        f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {STUBBORN!r}])\n"
        "print(p.pid, flush=True); p.wait()"
    )
    output = Recorder()
    supervisor = Supervisor(output)
    supervisor.start(python("web", code, tmp_path))
    assert until(lambda: len(output.lines) == 2)
    grandchild = int(next(line for _, line in output.lines if line.isdecimal()))
    supervisor.stop()
    assert until(lambda: _is_gone(grandchild))


def test_a_request_to_stop_ends_the_waiting(tmp_path: Path) -> None:
    def check() -> None:
        raise StopRequested

    with pytest.raises(StopRequested), Supervisor(Recorder(), check=check) as supervisor:
        supervisor.wait_for("Something", lambda: False, seconds=30)


def test_what_never_gets_ready_is_named() -> None:
    with pytest.raises(Trouble, match="The web server did not get ready"):
        Supervisor(Recorder()).wait_for("The web server", lambda: False, seconds=0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_children_do_not_outlive_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; import time\n"
        "from dev.supervisor import Supervisor; from dev.tests.programs import SLEEPS, Recorder, python\n"
        f"child = Supervisor(Recorder()).start(python('web', SLEEPS, Path({str(tmp_path)!r})))\n"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    assert until(lambda: _is_gone(child))

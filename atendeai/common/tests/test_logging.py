"""One JSON object a line, the bound ids in it, and nobody's number."""

import json
import logging
import logging.config
import threading
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest

from atendeai.common.logging import bind, formatter, logging_config

logger = logging.getLogger("atendeai.tests.lines")


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter(json=True))
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.removeHandler(handler)


def test_a_line_is_one_object_in_a_fixed_order(lines: Callable[[], list[dict[str, Any]]]) -> None:
    with bind(clinic_id=3, correlation_id="run-1"):
        logger.info("stored\n%s items", 2, extra={"delivery_id": 9})
    (line,) = lines()
    assert list(line) == ["at", "level", "logger", "event", "clinic_id", "correlation_id", "delivery_id"]
    assert line["event"] == "stored\n2 items"
    assert (line["level"], line["clinic_id"], line["delivery_id"]) == ("info", 3, 9)
    assert line["at"].endswith("Z")


def test_bound_ids_end_with_their_block_and_stay_in_their_thread(
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    with bind(clinic_id=3):
        with bind(clinic_id=4):
            logger.info("inner")
        thread = threading.Thread(target=logger.info, args=("thread",))
        thread.start()
        thread.join()
        logger.info("outer")
    logger.info("after")
    assert {line["event"]: line.get("clinic_id") for line in lines()} == {
        "inner": 4,
        "thread": None,
        "outer": 3,
        "after": None,
    }


def test_a_traceback_is_masked_and_has_no_local_values(lines: Callable[[], list[dict[str, Any]]]) -> None:
    def fail() -> None:
        told = "Dalva has a headache"[:5]
        raise ValueError(f"Key (phone)=(55{11987650001}) already exists\nDETAIL:  Failing row (1, {told})")

    try:
        fail()
    except ValueError:
        logger.exception("broke")
    (line,) = lines()
    assert "ValueError" in line["exception"]
    assert "in fail" in line["exception"]
    for leak in ("5511987650001", "1, Dalva"):
        assert leak not in line["exception"]


def test_extras_that_are_no_json_and_the_request_of_django_do_no_harm(
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    class Request:
        def __repr__(self) -> str:
            return "<WSGIRequest: GET '/x?code=hidden'>"

    logger.warning("odd \ud800", extra={"request": Request(), "other": Request(), "parts": {1: {2}}})
    (line,) = lines()
    assert "request" not in line
    assert "hidden" not in json.dumps(line)
    assert line["parts"] == {"1": [2]}


@pytest.mark.parametrize("as_json", [True, False])
def test_the_config_is_one_that_logging_takes(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        logging.config.dictConfig(logging_config("INFO", json=as_json))
        logging.getLogger("django.request").warning("from 11 98765-0001")
        logging.getLogger("anything").debug("not at this level")
        (line,) = capsys.readouterr().out.splitlines()
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    assert "from [phone]" in line
    assert line.startswith("{") is as_json

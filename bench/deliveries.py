"""How many webhook deliveries per second are acknowledged only after they are committed?

The product against a bare view that does nothing else, in turns: the machine's other work then hits both alike. No
workers run meanwhile, for either; the product still leaves its hints in Redis, as always. Each run must end with as
many rows in the table as there were 200s.
"""

import json
import sys
from collections.abc import Callable
from statistics import median

from bench.bare import CREATE, TABLE
from bench.house import House
from bench.load import CONNECTIONS, Load
from bench.table import Figure
from dev.children import Program, run_to_end
from dev.places import ROOT
from dev.problems import Trouble

PAIRS = 4
WARM_UP_SECONDS = 1.0
SECONDS = 6.0
# More than either side ever took; what is left over is not sent.
PREPARED_PER_SECOND = 7_000
LEAST_RATIO = 0.6
PRODUCT_TABLE = "whatsapp_delivery"


def measure(house: House, say: Callable[[str], None]) -> list[Figure]:
    """The rows about deliveries."""
    house.query(CREATE)
    with house.without("worker", "beat"), house.beside("bare", "bench.bare:make_application", "/ready/") as bare_port:
        product, bare = [], []
        for number in range(PAIRS):
            product.append(_run(house, house.stack.addresses.port, "/webhooks/whatsapp/", PRODUCT_TABLE))
            bare.append(_run(house, bare_port, "/webhook/", TABLE))
            say(f"pair {number + 1}: {product[-1].per_second:,.0f}/s, bare {bare[-1].per_second:,.0f}/s")
        house.query(f"TRUNCATE {PRODUCT_TABLE}, {TABLE}")
    return _figures(product, bare)


def _run(house: House, port: int, path: str, table: str) -> Load:
    house.query(f"TRUNCATE {table}")
    prepared = int((WARM_UP_SECONDS + SECONDS) * PREPARED_PER_SECOND)
    words = [str(port), path, str(WARM_UP_SECONDS), str(SECONDS), str(prepared)]
    program = Program("load", [sys.executable, "-m", "bench.load", *words], house.stack.environ, ROOT)
    child, said = run_to_end(program, seconds=120, check=house.supervisor.check)
    if child.process.returncode != 0:
        raise Trouble(f"The load generator failed ({child.describe_end()}):\n" + "\n".join(said))
    load = Load(**json.loads(said[-1]))
    ((stored,),) = house.query(f"SELECT count(*) FROM {table}")  # noqa: S608 - our own constants
    if load.refused or stored != load.accepted:
        raise Trouble(f"{path}: {load.accepted} answers 200, {load.refused} others, but {stored} rows stored.")
    return load


def _figures(product: list[Load], bare: list[Load]) -> list[Figure]:
    ratio = median(run.per_second for run in product) / median(run.per_second for run in bare)
    return [
        Figure(f"Deliveries kept per second, product ({CONNECTIONS} connections)", _describe(product)),
        Figure("… bare Django view with one INSERT", _describe(bare)),
        Figure("… product / bare, ratio of the medians", f"{ratio:.2f}", f"≥ {LEAST_RATIO}", ratio >= LEAST_RATIO),
    ]


def _describe(runs: list[Load]) -> str:
    rates = [run.per_second for run in runs]
    p99 = median(run.p99_ms for run in runs)
    typical = median(run.median_ms for run in runs)
    spread = f"{min(rates):,.0f}-{max(rates):,.0f}"
    return f"{median(rates):,.0f} ({spread}); answer {typical:.1f} ms, p99 {p99:.0f} ms"

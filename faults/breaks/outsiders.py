"""Calls that are not what they say: for two clinics at once, for nobody's number, with a signature that is none."""

from __future__ import annotations

import hashlib

from faults import signing
from faults.fault import Fault, nothing
from faults.load import writes
from faults.run import Run
from faults.usual import usual

# Of the pool's clinic that has a secret of its own: nobody else's path accepts it.
OWN = "ownsecret"
ITEMS = "SELECT state, clinic_id FROM whatsapp_item WHERE provider_id = %s"
ROWS = "SELECT count(*) FROM whatsapp_message WHERE wamid = %s"
KEPT = "SELECT count(*) FROM whatsapp_delivery WHERE id > %s AND encode(sha256(body), 'hex') = ANY(%s)"


def both_in_one_call(run: Run) -> None:
    """Messages of both clinics' patients in one delivery, in turns, on the installation's address."""
    people = [run.person(place) for place in run.places * 2]
    for person in people:
        writes(run, person, "oi")
    for number in range(3):
        entries = []
        for person in people:
            wamid = f"wamid.both{run.number}x{number}x{person.phone}"
            person.wamids.append(wamid)
            entries.append(signing.envelope(person.place, signing.text(person, f"quero marcar {person.word}", wamid)))
        run.rng.shuffle(entries)
        signing.post_until_taken(run, signing.body(*entries), path="")


def forged_number(run: Run) -> None:
    """A number that nobody has; and one clinic's secret under a message for another clinic's number."""
    own = run.house.own_clinic
    person = run.person(run.a)
    for number in range(4):
        unknown, stolen = (f"wamid.{kind}{run.number}x{number}" for kind in ("forged", "stolen"))
        run.notes.setdefault("forged", []).append(unknown)
        run.notes.setdefault("stolen", []).append(stolen)
        entry = signing.envelope(
            run.a, signing.text(person, person.word, unknown), phone_number_id=str(run.rng.randrange(10**14, 10**15))
        )
        signing.post_until_taken(run, signing.body(entry), path=f"{run.a.slug}/")
        payload = signing.body(signing.envelope(run.a, signing.text(person, person.word, stolen)))
        signed = signing.signature(payload, own.app_secret)
        if signing.post(run, payload, path=f"{own.place.slug}/", signed=signed) != 200:
            run.wrong.append("a delivery that its own clinic signed was refused")


def nothing_came_of_it(run: Run) -> None:
    """Kept, and never handled."""
    for wamid in (*run.notes["forged"], *run.notes["stolen"]):
        states = [state for state, _clinic in run.house.query(ITEMS, wamid)]
        if not states or not set(states) <= {"ignored", "foreign"}:
            run.wrong.append(f"a forged message became {states}")
        if run.house.number(ROWS, wamid):
            run.wrong.append("a forged message is in a chat")


def bad_signatures(run: Run) -> None:
    """Wrong, missing, malformed, of other bytes, and another clinic's."""
    person = run.person(run.a)
    run.notes["refused"] = []
    for number in range(6):
        payload = signing.body(
            signing.envelope(run.a, signing.text(person, person.word, f"wamid.bad{run.number}x{number}"))
        )
        run.notes["refused"].append(hashlib.sha256(payload).hexdigest())
        for signed in _bad(payload, run.house.own_clinic.app_secret, run.house.stack.environ["WHATSAPP_APP_SECRET"]):
            for path in (f"{run.a.slug}/", ""):
                code = signing.post(run, payload, path=path, signed=signed)
                if code != 403:
                    run.wrong.append(f"a bad signature was answered {code}")


def _bad(payload: bytes, others: str, secret: str) -> tuple[str, ...]:
    good = signing.signature(payload, secret)
    return (
        "",
        "sha256=",
        good.removeprefix("sha256="),
        good[:-1] + ("0" if good[-1] != "0" else "1"),
        signing.signature(payload + b" ", secret),
        signing.signature(payload, others),
        good.replace("sha256", "sha1"),
    )


def none_was_kept(run: Run) -> None:
    """Not a row."""
    if run.house.number(KEPT, run.since["delivery"], run.notes["refused"]):
        run.wrong.append("a delivery with a bad signature was stored")


FAULTS = (
    Fault("two-clinics", "two clinics in one call", both_in_one_call, nothing, usual),
    Fault("forged-number", "a forged number id", forged_number, check=nothing_came_of_it),
    Fault("bad-signature", "wrong, missing, other clinic's signature", bad_signatures, check=none_was_kept),
)

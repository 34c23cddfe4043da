"""What `replay` and `close` share: which kind, whose, and which rows."""

from collections.abc import Callable, Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from clinics import pending
from clinics.models import Clinic
from clinics.pending import Kind

BATCH = 200


class PendingCommand(BaseCommand):
    """Does one thing to pending rows, those named or all of a kind, batch by batch."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Kind, clinic, rows."""
        names = [*pending.kinds(is_clinics=True), *pending.kinds(is_clinics=False)]
        parser.add_argument("--kind", required=True, choices=names)
        parser.add_argument("--clinic", metavar="SLUG", help="not for deliveries and strays")
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--ids", nargs="+", type=int)
        which.add_argument("--all", action="store_true")
        parser.add_argument(
            "--dry-run", action="store_true", help="only lists them; named ones with the outline of what is in them"
        )

    def run(self, options: dict[str, Any], act: Callable[[Clinic | None, int], str]) -> None:
        """Does it, and tells how many and why not the others. Lists ids, kinds and reasons; never a name or a text."""
        kind = pending.get(options["kind"])
        clinic = _clinic(kind, options["clinic"])
        done = 0
        for ids in _batches(kind, clinic, options):
            if options["dry_run"]:
                done += self._look(kind, clinic, ids, is_whole=bool(options["ids"]))
                continue
            outcome = pending.each(ids, lambda row_id: act(clinic, row_id))
            done += outcome.done
            for code, number in outcome.refused.most_common():
                self.stdout.write(f"{number} × {pending.words_of(kind, code)}")
        self.stdout.write(_("%(number)d found.") % {"number": done} if options["dry_run"] else _done(done))

    def _look(self, kind: Kind, clinic: Clinic | None, ids: Sequence[int], *, is_whole: bool) -> int:
        rows = list(kind.rows(clinic.pk if clinic else None).filter(pk__in=ids).order_by("pk"))
        for row, shown in zip(rows, kind.show(rows), strict=True):
            self.stdout.write(f"{shown.id}  {shown.at:%Y-%m-%d %H:%M}  {shown.tries}×  {shown.why}")
            if is_whole and (inside := kind.inside(row)):
                self.stdout.write(inside)
        return len(rows)


def _done(number: int) -> str:
    return _("%(number)d done.") % {"number": number}


def _clinic(kind: Kind, slug: str | None) -> Clinic | None:
    if not kind.is_clinics:
        if slug:
            raise CommandError(_("This kind belongs to no clinic: leave --clinic out."))
        return None
    clinic = Clinic.objects.filter(slug=slug or "").first()
    if clinic is None:
        raise CommandError(_("There is no clinic with this slug: %(slug)s.") % {"slug": slug or "—"})
    return clinic


def _batches(kind: Kind, clinic: Clinic | None, options: dict[str, Any]) -> Any:
    """Ids in batches. Of all: each once, however many are refused, and no row that came after the start."""
    rows = kind.rows(clinic.pk if clinic else None)
    if options["ids"]:
        if options["dry_run"]:
            yield list(rows.filter(pk__in=options["ids"]).order_by("pk").values_list("pk", flat=True))
        else:
            yield options["ids"]
        return
    last = rows.order_by("-pk").values_list("pk", flat=True).first() or 0
    after = 0
    while ids := list(rows.filter(pk__gt=after, pk__lte=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        yield ids
        after = ids[-1]

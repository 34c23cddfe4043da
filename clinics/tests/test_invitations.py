"""How does a person join, and who cannot?"""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from atendeai.testing.factories import MONDAY, PASSWORD, make_clinic, make_user
from clinics import invitations
from clinics.audit import SYSTEM
from clinics.invitations import InvitationGone, WrongPassword
from clinics.models import AuditEntry, Clinic, Invitation, Membership, Role, User

NEW = "uma-senha-bem-nova"


def invited(clinic: Clinic, email: str = "Ana@Aurora.example", role: Role = Role.OWNER) -> str:
    _row, path = invitations.invite(clinic=clinic, email=email, role=role, by=SYSTEM, now=MONDAY)
    return path.removeprefix("/convite/?codigo=")


def join(code: str, password: str = NEW, after: timedelta = timedelta()) -> User:
    user, _clinic = invitations.accept(code=code, name="Ana Souza", password=password, now=MONDAY + after)
    return user


@pytest.mark.django_db
def test_somebody_new_gets_an_account_and_a_place() -> None:
    clinic = make_clinic()
    code = invited(clinic)
    user = join(code)
    assert (user.email, user.name, user.check_password(NEW)) == ("ana@aurora.example", "Ana Souza", True)
    membership = Membership.objects.get()
    assert (membership.user, membership.clinic, membership.role) == (user, clinic, "owner")
    assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == [
        "member_invited",
        "member_joined",
    ]
    assert Invitation.objects.exclude(token_hash=code).exists()


@pytest.mark.django_db
def test_a_link_works_once_and_for_seven_days() -> None:
    clinic = make_clinic()
    code = invited(clinic)
    with pytest.raises(InvitationGone):
        join(code, after=timedelta(days=7))
    join(code, after=timedelta(days=7, seconds=-1))
    for used_up in (code, "", "x"):
        with pytest.raises(InvitationGone):
            join(used_up)


@pytest.mark.django_db
def test_a_second_invitation_ends_the_first() -> None:
    clinic, other = make_clinic(), make_clinic()
    elsewhere = invited(other)
    first, second = invited(clinic), invited(clinic, "ana@aurora.example")
    assert invitations.find(code=first, now=MONDAY) is None
    assert invitations.find(code=second, now=MONDAY) is not None
    assert invitations.find(code=elsewhere, now=MONDAY) is not None


@pytest.mark.django_db
def test_whoever_invites_cannot_take_over_an_account() -> None:
    carla = make_user("carla@boreal.example", "Carla Menezes")
    code = invited(make_clinic(), "carla@boreal.example")
    with pytest.raises(WrongPassword):
        join(code, NEW)
    carla.refresh_from_db()
    assert carla.check_password(PASSWORD)
    assert join(code, PASSWORD) == carla
    carla.refresh_from_db()
    assert carla.name == "Carla Menezes"


@pytest.mark.django_db
def test_an_inactive_account_stays_out() -> None:
    make_user("carla@boreal.example", is_active=False)
    with pytest.raises(WrongPassword):
        join(invited(make_clinic(), "carla@boreal.example"), PASSWORD)


@pytest.mark.django_db
def test_a_member_invited_again_gets_the_new_role() -> None:
    clinic = make_clinic()
    join(invited(clinic, role=Role.RECEPTIONIST))
    join(invited(clinic, role=Role.OWNER))
    assert Membership.objects.get().role == "owner"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_press_at_once_one_joins() -> None:
    code = invited(make_clinic())
    outcomes: list[str] = []
    together = threading.Barrier(2)

    def press() -> None:
        try:
            together.wait()
            join(code)
            outcomes.append("joined")
        except InvitationGone:
            outcomes.append("gone")
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["gone", "joined"]

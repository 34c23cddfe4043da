"""The audit in the words of whoever reads it: Portuguese, and never our own codes."""

from typing import get_args

import pytest
from django.utils import translation

from clinics.admin import history
from clinics.audit import Action


def test_each_action_that_is_audited_has_words_of_its_own() -> None:
    assert set(history._ACTIONS) == set(get_args(Action))


@pytest.mark.parametrize(
    "action", [*get_args(Action), "professional_created", "offering_changed", "busyperiod_deleted"]
)
def test_words_are_translated(action: str) -> None:
    words = history.action_words(action)
    assert "_" not in words
    with translation.override(None):
        assert history.action_words(action) != words


@pytest.mark.parametrize("name", ["credential", "network", "installation", "appointment", "mediafile"])
def test_objects_have_names(name: str) -> None:
    assert history.object_words(name) not in {name, name.capitalize()}

"""Free start times, by hand and against a slow but obvious rule."""

from hypothesis import given
from hypothesis import strategies as st

from clinics.slots import Period, Span, merge, starts

HALF_HOUR = Span(length=30, step=30)


def free(
    open_hours: list[Period], booked: list[Period], busy: list[Period], span: Span, not_before: int = 0
) -> list[int]:
    return list(starts(open_hours=open_hours, booked=booked, busy=busy, span=span, not_before=not_before))


def test_open_morning_is_cut_into_steps() -> None:
    assert free([(480, 600)], [], [], HALF_HOUR) == [480, 510, 540, 570]


def test_last_appointment_ends_with_the_opening() -> None:
    assert free([(480, 535)], [], [], HALF_HOUR) == [480]


def test_neighbours_may_touch() -> None:
    assert free([(480, 600)], [(510, 540)], [], HALF_HOUR) == [480, 540, 570]


def test_busy_time_takes_every_start_it_meets() -> None:
    assert free([(480, 600)], [], [(509, 541)], HALF_HOUR) == [570]


def test_buffers_keep_distance_to_appointments_but_not_to_closing() -> None:
    span = Span(length=30, step=30, buffer_before=10, buffer_after=10)
    # 09:00–09:30 with its own ten minutes on both sides is booked as 530–580.
    assert free([(480, 660)], [(530, 580)], [], span) == [480, 600, 630]


def test_a_start_in_the_past_moves_to_the_next_of_the_grid() -> None:
    assert free([(480, 600)], [], [], HALF_HOUR, not_before=481) == [510, 540, 570]
    assert free([(480, 600)], [], [], HALF_HOUR, not_before=510) == [510, 540, 570]


def test_step_smaller_than_length_offers_overlapping_starts() -> None:
    assert free([(0, 60)], [], [], Span(length=30, step=15)) == [0, 15, 30]


def test_overlapping_appointments_count_once() -> None:
    assert free([(480, 600)], [(480, 520), (490, 540)], [], HALF_HOUR) == [540, 570]


def test_stretches_that_overlap_hide_nothing_that_is_taken_and_offer_nothing_twice() -> None:
    assert free([(480, 600), (510, 600)], [(510, 570)], [(480, 500)], HALF_HOUR) == [570]


def test_stretches_that_touch_keep_each_its_own_grid() -> None:
    assert free([(480, 530), (530, 600)], [], [], HALF_HOUR) == [480, 530, 560]


periods = st.lists(
    st.tuples(st.integers(0, 500), st.integers(1, 120)).map(lambda pair: (pair[0], pair[0] + pair[1])),
    max_size=8,
)


def joined(hours: list[Period]) -> list[Period]:
    """The obvious way: two that share time become one, for as long as there are two such."""
    for one in hours:
        for other in hours:
            if one is not other and one[0] < other[1] and other[0] < one[1]:
                rest = [period for period in hours if period is not one and period is not other]
                return joined([*rest, (min(one[0], other[0]), max(one[1], other[1]))])
    return sorted(hours)


@given(
    hours=periods,
    booked=periods,
    busy=periods,
    length=st.integers(5, 60),
    step=st.integers(5, 60),
    before=st.integers(0, 30),
)
def test_agrees_with_the_obvious_rule(
    hours: list[Period], booked: list[Period], busy: list[Period], length: int, step: int, before: int
) -> None:
    span = Span(length=length, step=step, buffer_before=before, buffer_after=7)
    expected = [
        start
        for opens, closes in joined(hours)
        for start in range(opens, closes, step)
        if start + length <= closes
        and not any(b < start + length + 7 and start - before < e for b, e in booked)
        and not any(b < start + length and start < e for b, e in busy)
    ]
    assert free(hours, booked, busy, span) == expected


@given(periods)
def test_merged_periods_cover_the_same_time(some: list[Period]) -> None:
    merged = merge(some)
    assert {minute for start, end in merged for minute in range(start, end)} == {
        minute for start, end in some for minute in range(start, end)
    }
    assert all(merged[i][1] < merged[i + 1][0] for i in range(len(merged) - 1))

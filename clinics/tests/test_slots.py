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


periods = st.lists(
    st.tuples(st.integers(0, 500), st.integers(1, 120)).map(lambda pair: (pair[0], pair[0] + pair[1])),
    max_size=8,
)


@given(
    booked=periods,
    busy=periods,
    length=st.integers(5, 60),
    step=st.integers(5, 60),
    before=st.integers(0, 30),
)
def test_agrees_with_the_obvious_rule(
    booked: list[Period], busy: list[Period], length: int, step: int, before: int
) -> None:
    span = Span(length=length, step=step, buffer_before=before, buffer_after=7)
    hours = [(0, 240), (300, 600)]
    expected = [
        start
        for opens, closes in hours
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

"""Records of the same case are found, whatever order they come in."""

from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.quality.join import Cases, distinct, matched, numbered

# Ids that look alike, and that a hash of their text could confuse with a row's number.
RECORDS = st.lists(
    st.tuples(
        st.sampled_from(["", "a", "a0", "0", "1", "10", "a\n"]),
        st.integers(0, 2),
        st.integers(0, 1),
        st.integers(0, 3),
    ),
    max_size=12,
)  # id, row, what it says, day


def cases_of(records):
    return Cases(
        [record[0] for record in records],
        np.arange(len(records), dtype=np.int32),
        np.array([record[1] for record in records], dtype=np.int32),
    )


def distinct_of(numbers, records):
    values = np.array([[record[2]] for record in records]).reshape(-1, 1)
    return distinct(numbers, values, np.array([record[3] for record in records], dtype=np.int64))


def expected_of(records):
    """By case what is said of it, one by one; and how many repeat, how many contradict."""
    statements = defaultdict(list)
    for identity, row, value, day in records:
        statements[identity, row].append((value, day))
    agreed = {case: each for case, each in statements.items() if len({value for value, _ in each}) == 1}
    repeated = sum(len(each) - 1 for each in agreed.values())
    return (
        {case: (each[0][0], min(day for _, day in each)) for case, each in agreed.items()},
        repeated,
        len(records) - repeated - len(agreed),
    )


@given(RECORDS, RECORDS)
def test_the_join_is_what_a_search_record_by_record_gives(left, right):
    sides = []
    for records, numbers in zip((left, right), numbered(cases_of(left), cases_of(right)), strict=True):
        once = distinct_of(numbers, records)
        agreed, repeated, contradicting = expected_of(records)
        kept = [records[place] for place in once.places]
        assert {(record[0], record[1]): (record[2], record[3]) for record in kept} == agreed
        assert len(kept) == len(agreed)
        assert (len(once.repeated), len(once.contradicting)) == (repeated, contradicting)
        every = [*once.places, *once.repeated, *once.contradicting]
        assert sorted(every) == list(range(len(records)))  # each record is one of them
        sides.append((numbers[once.places], kept, set(agreed)))
    (ours, predicted, _), (theirs, labelled, _) = sides
    pairs = list(zip(*matched(ours, theirs), strict=True))
    assert all(predicted[a][:2] == labelled[b][:2] for a, b in pairs)
    assert {predicted[a][:2] for a, _ in pairs} == sides[0][2] & sides[1][2]


@given(RECORDS, st.randoms(use_true_random=False))
def test_the_order_of_records_decides_nothing(records, generator):
    other = list(records)
    generator.shuffle(other)
    results = []
    for each in (records, other):
        (numbers,) = numbered(cases_of(each))
        once = distinct_of(numbers, each)
        results.append(
            tuple(
                sorted(each[place] for place in places)
                for places in (once.places, once.repeated, once.contradicting)
            )
        )
    assert results[0] == results[1]


def test_rows_of_one_invocation_are_different_cases():
    (numbers,) = numbered(Cases(["a"], np.zeros(3, np.int32), np.arange(3, dtype=np.int32)))
    assert len(set(numbers.tolist())) == 3

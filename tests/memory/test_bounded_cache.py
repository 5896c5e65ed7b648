"""What is kept is bounded, and goes by when it was used last."""

import weakref

import pytest

from engine.memory.bounded_cache import BoundedCache


def filled(size, keys):
    cache = BoundedCache(size)
    for key in keys:
        cache.keep(key, key.upper())
    return cache


def test_the_least_recently_used_goes_first():
    cache = filled(3, "abc")
    assert cache.get("a") == "A"
    cache.keep("d", "D")
    assert [cache.get(key) for key in "abcd"] == ["A", None, "C", "D"]
    assert len(cache) == 3


def test_what_is_made_is_made_once_while_it_is_kept():
    made = []

    def make(key):
        made.append(key)
        return key.upper()

    cache = BoundedCache(2)
    for key in "abacab":
        assert cache.get_or_make(key, lambda key=key: make(key)) == key.upper()
    assert made == ["a", "b", "c", "b"]  # "b" was used longest ago when "c" came


def test_a_value_is_let_go_of_before_the_next_is_made():
    """Frames are large: the one that goes and the one that comes are never there together."""

    class Frame:
        pass

    cache = BoundedCache(1)
    gone = weakref.ref(cache.get_or_make(1, Frame))
    cache.get_or_make(2, lambda: gone() is None)
    assert cache.get(2) is True


def test_a_value_that_cannot_be_made_is_not_kept():
    cache = BoundedCache(2)
    with pytest.raises(ZeroDivisionError):
        cache.get_or_make("a", lambda: 1 / 0)
    assert cache.get_or_make("a", lambda: 1) == 1


def test_a_key_is_kept_once_with_its_latest_value():
    cache = filled(2, "aab")
    cache.keep("a", "other")
    assert (len(cache), cache.get("a"), cache.get("b")) == (2, "other", "B")


def test_none_and_nothing_are_values_like_others():
    cache = BoundedCache(2)
    assert cache.get_or_make("a", lambda: None) is None
    assert cache.get_or_make("a", lambda: 1 / 0) is None


@pytest.mark.parametrize("size", [0, 1])
def test_the_size_is_the_number_of_values(size):
    cache = BoundedCache(size)
    for key in range(3):
        assert cache.get_or_make(key, lambda: "made") == "made"
    assert len(cache) == size


def test_after_clearing_nothing_is_kept():
    cache = filled(2, "ab")
    cache.clear()
    assert (len(cache), cache.get("a")) == (0, None)

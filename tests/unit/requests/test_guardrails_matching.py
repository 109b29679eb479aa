"""How names and locations are held against the entries of the guard rails."""

import pytest

from jobchute.requests.allowed import holds_input, holds_output, matches

PATTERNS = [
    ("a", "a", True), ("a", "A", False), ("a", "ab", False), ("", "", True), ("", "a", False),
    ("*", "", True), ("*", "anything/at all", True), ("**", "x", True), ("a*", "a", True), ("*a", "ba", True),
    ("*a", "ab", False), ("a*b", "ab", True), ("a*b", "a-b", True), ("a*b", "a-bc", False),
    ("ab*ba", "aba", False), ("ab*ba", "abba", True), ("a*b*c", "a1b2c", True), ("a*b*c", "a1c2b", False),
    ("a*bb*b", "abb", False),
    ("a*b*b*c", "abc", False), ("a*xy*xy*c", "a xy xy c", True), ("a*xy*c", "a x y c", False),
    ("[a]", "a", False), ("[a]", "[a]", True), ("?", "a", False), ("a.c", "abc", False), ("a*b", "a\nb", True),
    ("*a*b", "ab", True), ("*b*", "abc", True), ("a*aa", "aa", False), ("aa*a", "aa", False),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "text", "is_match"), PATTERNS)
def test_only_the_asterisk_is_special_in_a_pattern(pattern: str, text: str, is_match: bool) -> None:
    assert matches(pattern, text) is is_match


# (prefix, URI, whether a job may read there, whether it may write there)
LOCATIONS = [
    ("s3://bucket/team", "s3://bucket/team/x", True, True),
    ("s3://bucket/team", "s3://bucket/team/", True, True),
    ("s3://bucket/team/", "s3://bucket/team/x/y.csv", True, True),
    # As an input this reaches s3://bucket/team-b/ as well.
    ("s3://bucket/team", "s3://bucket/team", False, True),
    ("s3://bucket/team/", "s3://bucket/team", False, True),
    ("s3://bucket/team", "s3://bucket/team-b/x", False, False),
    ("s3://bucket/team", "s3://bucket/Team/x", False, False),
    ("s3://bucket/team", "s3://bucket/other/team/x", False, False),
    ("s3://bucket/team", "s3://bucket//team/x", False, False),
    ("s3://bucket/team", "s3://bucket/team//x", True, True),
    ("s3://bucket/team", "s3://bucket/team/../x", False, False),
    ("s3://bucket/team", "s3://bucket/team/x/..", False, False),
    ("s3://bucket/team", "s3://bucket/team/./x", False, False),
    ("s3://bucket/team", "s3://bucket/team/..x/.y", True, True),
    ("s3://bucket/team", "s3://bucket", False, False),
    ("s3://bucket", "s3://bucket", True, True),
    ("s3://bucket/", "s3://bucket", True, True),
    ("s3://bucket", "s3://bucket/", True, True),
    ("s3://bucket", "s3://bucket/any/thing", True, True),
    ("s3://bucket", "s3://bucket-b/x", False, False),
    ("s3://bucket", "s3://bucket.b", False, False),
    ("s3://bucket", "s3://", False, False),
    ("s3://bucket", "", False, False),
    ("s3://bucket", "https://bucket.s3.amazonaws.com/x", False, False),
    ("s3://bucket", "https://s3.amazonaws.com/bucket/x", False, False),
    ("s3://bucket", "S3://bucket/x", False, False),
]  # fmt: skip


@pytest.mark.parametrize(("prefix", "uri", "may_read", "may_write"), LOCATIONS)
def test_a_prefix_ends_at_a_slash(prefix: str, uri: str, may_read: bool, may_write: bool) -> None:
    assert holds_input(prefix, uri) is may_read
    assert holds_output(prefix, uri) is may_write

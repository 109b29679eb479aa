"""A document with a matrix: one job for each combination of its values.

A combination is identified by its values alone: its name and key stay the same when values are added to the
lists or change their order. Only combinations with similar names have a digest in their names.
"""

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from jobchute.problems import Problem
from jobchute.providers.names import DIGEST_LENGTH, cut_name, digest, name_with, slug
from jobchute.providers.registry import SPECS
from jobchute.requests.labels import LABEL_VALUE, MAX_LABELS, is_label_name
from jobchute.requests.matrix import Axis, replaced
from jobchute.requests.ordering import MAX_KEY
from jobchute.requests.submission import Submission
from jobchute.requests.tags import tag_problems

MAX_BASE = 24
"""The longest generated name, in characters."""
MAX_TOKEN = 64
"""Characters, as Braket's clientToken takes them."""
MAX_SWEEP_KEY = MAX_KEY - DIGEST_LENGTH - 1


class Combination(NamedTuple):
    """One job of a sweep. number: from 0, the last path's values changing fastest. values: by path.

    picked: for each axis, the place of its value in the list.
    """

    number: int
    picked: tuple[int, ...]
    values: Mapping[str, Any]
    submission: Submission


class Sweep(NamedTuple):
    """template: the document without its matrix. Its request is common to all combinations."""

    template: Submission
    axes: tuple[Axis, ...]

    @property
    def size(self) -> int:
        return math.prod(len(axis.values) for axis in self.axes)

    def combinations(self) -> Iterator[Combination]:
        """All combinations, each made when it is needed."""
        ambiguous = self._ambiguous_names()
        labelled = self._labelled()
        field, most = SPECS[self.template.api].told_apart_by, self._most()
        for number, picked in enumerate(self._picks()):
            values = {axis.path: axis.values[at] for axis, at in zip(self.axes, picked, strict=True)}
            request = dict(self.template.request)
            for axis in self.axes:
                request = replaced(request, axis.steps, values[axis.path])
            base, parts = self._name_parts(picked)
            if base is not None:
                name = name_with(base, parts, most)
                is_clear = name is not None and name.lower() not in ambiguous
                request[field] = name if is_clear else cut_name(base, parts, most, mark=digest(values))
            yield Combination(
                number=number,
                picked=picked,
                values=values,
                submission=self.template._replace(
                    request=request,
                    idempotency_key=self._key(values),
                    labels={**self.template.labels, **{name: _text(values[path]) for name, path in labelled}},
                ),
            )

    def _picks(self) -> Iterator[tuple[int, ...]]:
        return itertools.product(*(range(len(axis.values)) for axis in self.axes))

    def _key(self, values: Mapping[str, Any]) -> str | None:
        key = self.template.idempotency_key
        return None if key is None else f"{key}:{digest(values)}"

    def _name_parts(self, picked: tuple[int, ...]) -> tuple[str | None, list[str]]:
        """The beginning of the name and a word for each value; no beginning if the name is not a string.

        Where jobs have no names, their tokens are made like names, if the document has one.
        """
        spec = SPECS[self.template.api]
        field = spec.told_apart_by
        base: object = self.template.request.get(field) or (self._base() if spec.name.member else None)
        parts = []
        for axis, at in zip(self.axes, picked, strict=True):
            if axis.steps == (field,):
                base = axis.values[at]
            else:
                parts.append(_word(axis.values[at]))
        return (base if isinstance(base, str) and base else None), parts

    def _base(self) -> str:
        """For a request without a name: from its key, its first label or its API, and unique to the sweep."""
        template = self.template
        texts = (template.idempotency_key or "", *template.labels.values(), SPECS[template.api].noun)
        word = next(filter(None, (slug(text)[:MAX_BASE].strip("-") for text in texts)))
        return f"{word}-{digest([template.api, template.request, template.idempotency_key])}"

    def _ambiguous_names(self) -> frozenset[str]:
        """Names that several combinations would have, in lower case, as some providers compare names."""
        most = self._most()
        named = (self._name_parts(picked) for picked in self._picks())
        names = (name_with(base, parts, most) for base, parts in named if base is not None)
        return frozenset(
            name for name, count in Counter(name.lower() for name in names if name).items() if count > 1
        )

    def _most(self) -> int:
        """The longest name; where jobs have none, the longest token."""
        name = SPECS[self.template.api].name
        return name.max_length if name.member else MAX_TOKEN

    def _labelled(self) -> tuple[tuple[str, str], ...]:
        """Labels for the values that fit the grammar of labels and tags, and the paths of these values."""
        found: dict[str, str] = {}
        for axis in self.axes:
            name = str(axis.steps[-1])
            is_free = name not in self.template.labels and name not in found
            if is_label_name(name) and is_free and all(_is_label_value(value) for value in axis.values):
                found[name] = axis.path
        more = {**self.template.labels, **dict.fromkeys(found, "")}
        is_too_many = len(more) > MAX_LABELS or any(tag_problems(self.template._replace(labels=more)))
        return () if is_too_many else tuple(found.items())


def key_problems(submission: Submission) -> list[Problem]:
    """Each combination has the document's key, followed by a digest of its values."""
    key = submission.idempotency_key
    if key is None or len(key) <= MAX_SWEEP_KEY:
        return []
    rule = f"with a matrix, an idempotencyKey has at most {MAX_SWEEP_KEY} characters"
    return [Problem("idempotencyKey", "TOO_LONG", rule)]


def _word(value: object) -> str:
    """The part of a name for a value: the value, or a digest if it is long or has no letters and digits."""
    text = slug(_text(value)) if isinstance(value, str | int | float) else ""
    return text if 1 <= len(text) <= MAX_BASE else digest(value)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_label_value(value: object) -> bool:
    return isinstance(value, str | int) and LABEL_VALUE.fullmatch(_text(value)) is not None

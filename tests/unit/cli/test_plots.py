"""The plots of the page: well-formed, accessible, and without what a hostile name tries to put into them."""

from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from jobchute.cli.facts.relations import Relations, Relative
from jobchute.cli.facts.timeline import Attempt, Span
from jobchute.cli.ui.plots.axes import Axis, axis_of, number_of
from jobchute.cli.ui.plots.graph import ROW, graph
from jobchute.cli.ui.plots.sweep import MAX_TITLED, Line, parallel, scatter
from jobchute.cli.ui.plots.timeline import timeline
from jobchute.job import State

HOSTILE = "</title><script>alert(1)</script>\" onload='x' &lt; \x1b[2J \u202egnp"
NAMESPACE = "{http://www.w3.org/2000/svg}"


def parsed(drawn: Markup) -> ElementTree.Element:
    return ElementTree.fromstring(str(drawn))


def tags(drawn: Markup) -> set[str]:
    return {element.tag.removeprefix(NAMESPACE) for element in parsed(drawn).iter()}


def texts(drawn: Markup) -> str:
    return "".join(parsed(drawn).itertext())


class TestAxes:
    def test_numbers_are_placed_by_size_also_as_text(self) -> None:
        axis = axis_of("eta", ["0.1", 0.3, None, "0.5"])
        assert axis is not None
        assert axis.places == pytest.approx((0, 0.5, None, 1))
        assert (axis.low, axis.high, axis.note) == ("0.1", "0.5", "")

    def test_a_wide_range_of_positive_numbers_is_logarithmic(self) -> None:
        axis = axis_of("eta", [0.0001, 0.001, 0.01])
        assert axis is not None
        assert axis.places == pytest.approx((0, 0.5, 1))
        assert axis.note == "logarithmic"
        assert axis_of("x", [0, 1000]) == Axis("x", "0", "1000", (0, 1))

    def test_texts_are_placed_in_order(self) -> None:
        axis = axis_of("optimizer", ["sgd", "adam", True, None])
        assert axis == Axis("optimizer", "adam", "true", (0.5, 0, 1, None), "adam, sgd, true")

    def test_a_single_value_is_in_the_middle(self) -> None:
        assert axis_of("x", [3, 3]) == Axis("x", "3", "3", (0.5, 0.5))
        assert axis_of("x", ["a"]) == Axis("x", "a", "a", (0.5,), "a")

    def test_without_values_there_is_no_axis(self) -> None:
        assert axis_of("x", [None, None]) is None

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), "1e999", "nan", True, None, [1], "a"])
    def test_what_is_no_finite_number_is_none(self, value: object) -> None:
        assert number_of(value) is None


class TestTimeline:
    def test_bars_fill_the_width_by_their_time(self) -> None:
        spans = (Span(State.QUEUED, 0, 60), Span(State.RUNNING, 60, 240))
        drawn = timeline(Attempt(1, spans))
        bars = [
            (each.get("class"), each.get("x"), each.get("width"))
            for each in parsed(drawn).iter(f"{NAMESPACE}rect")
        ]
        assert bars == [("bar phase-waiting", "0.0%", "25.0%"), ("bar phase-running", "25.0%", "75.0%")]
        assert "QUEUED for 1m; RUNNING for 3m" in texts(drawn)

    def test_a_state_of_no_time_is_seen_and_inside(self) -> None:
        drawn = timeline(Attempt(1, (Span(State.QUEUED, 0, 60), Span(State.RUNNING, 60, 60))))
        bar = parsed(drawn).findall(f"{NAMESPACE}rect")[-1]
        assert (bar.get("x"), bar.get("width")) == ("99.6%", "0.4%")

    def test_without_spans_nothing_is_drawn(self) -> None:
        assert timeline(Attempt(1, ())) == ""


class TestGraph:
    def test_each_row_has_a_node_and_each_relation_an_edge(self) -> None:
        before = (Relative("first", is_open=True), Relative("second"))
        drawn = graph(Relations(before=before, dependents=(Relative("later", is_open=True),)))
        root = parsed(drawn)
        centres = [float(node.get("cy", 0)) for node in root.iter(f"{NAMESPACE}circle")]
        assert centres == [(row + 0.5) * ROW for row in range(4)]
        assert [edge.get("class") for edge in root.iter(f"{NAMESPACE}path")] == [
            "edge open",
            "edge",
            "edge open",
        ]
        assert "2 jobs before it, 1 job after it" in texts(drawn)

    def test_a_job_without_relations_has_no_graph(self) -> None:
        assert graph(Relations()) == ""


def sweep_of(size: int, name: str = "churn") -> tuple[Axis, Axis, list[Line]]:
    lines = [Line(f"{name}-{number}", "best" if number == 0 else "") for number in range(size)]
    value, metric = axis_of(name, [*range(size)]), axis_of("auc", [*range(size)])
    assert value is not None
    assert metric is not None
    return value, metric, lines


class TestSweep:
    def test_the_best_job_is_drawn_last(self) -> None:
        value, metric, lines = sweep_of(3)
        drawn = [*parsed(parallel([value, metric], lines)).iter(f"{NAMESPACE}polyline")]
        assert [each.get("class") for each in drawn] == ["line", "line", "line best"]
        marks = [*parsed(scatter(1, value, metric, lines)).iter(f"{NAMESPACE}circle")]
        assert [(each.get("class"), each.get("r")) for each in marks][-1] == ("mark best", "7")

    def test_a_missing_value_is_a_gap(self) -> None:
        axes = [Axis(name, "", "", (place,)) for name, place in zip("abcde", (0, 1, None, 1, 0), strict=True)]
        drawn = [*parsed(parallel(axes, [Line("x")])).iter(f"{NAMESPACE}polyline")]
        assert [len((each.get("points") or "").split()) for each in drawn] == [2, 2]
        assert not [*parsed(scatter(1, axes[2], axes[0], [Line("x")])).iter(f"{NAMESPACE}circle")]

    def test_many_marks_have_no_titles(self) -> None:
        value, metric, lines = sweep_of(MAX_TITLED + 1)
        assert len([*parsed(scatter(1, value, metric, lines)).iter(f"{NAMESPACE}title")]) == 1


def test_hostile_names_stay_text() -> None:
    value, metric, lines = sweep_of(2, HOSTILE)
    for drawn in (parallel([value, metric], lines), scatter(1, value, metric, lines)):
        assert tags(drawn) <= {"svg", "title", "desc", "line", "polyline", "circle"}
        assert "\\u001b[2J \\u202egnp" in texts(drawn)
        assert "onload" not in {name for element in parsed(drawn).iter() for name in element.attrib}


def test_a_long_name_is_cut() -> None:
    value, metric, lines = sweep_of(2, "x" * 10_000)
    assert len(scatter(1, value, metric, lines)) < 2000

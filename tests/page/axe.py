"""axe-core, which finds what keyboards, screen readers and weak eyes stumble over."""

from collections.abc import Sequence

from playwright.sync_api import Page

from tests.paths import ROOT

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()
RUN = """async rules => {
    const only = rules.length ? {runOnly: rules} : {};
    const found = await axe.run(document, {resultTypes: ["violations"], ...only});
    return found.violations
        .filter(each => ["serious", "critical"].includes(each.impact))
        .flatMap(({id, nodes}) => nodes.map(node => `${id}: ${node.target.join(" ")}: ${node.failureSummary}`));
}"""


def serious_findings(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """rules: these alone; all without any."""
    if page.evaluate("() => typeof axe") == "undefined":
        page.evaluate(AXE)
    found: list[str] = page.evaluate(RUN, list(rules))
    return found

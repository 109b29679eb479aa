"""axe-core, which finds what keyboards, screen readers and weak eyes stumble over."""

from playwright.sync_api import Page

from tests.paths import ROOT

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()
RUN = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
    .filter(each => ["serious", "critical"].includes(each.impact))
    .flatMap(each => each.nodes.map(node => `${each.id}: ${node.target.join(" ")}: ${node.failureSummary}`))"""


def serious_findings(page: Page) -> list[str]:
    """page: axe has been evaluated in it."""
    found: list[str] = page.evaluate(RUN)
    return found

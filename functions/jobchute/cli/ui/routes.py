"""All pages, in the order of the navigation."""

from jobchute.cli.ui.pages.overview import overview
from jobchute.cli.ui.site import Page

PAGES = (Page("overview", "", overview, label="Overview"),)

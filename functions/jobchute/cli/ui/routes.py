"""All pages, in the order of the navigation."""

from jobchute.cli.ui.pages.files import files
from jobchute.cli.ui.pages.job import job
from jobchute.cli.ui.pages.jobs import jobs
from jobchute.cli.ui.pages.overview import overview
from jobchute.cli.ui.pages.pools import pools
from jobchute.cli.ui.pages.sweep import sweeps
from jobchute.cli.ui.site import Page

PAGES = (
    Page("overview", "", overview, label="Overview"),
    Page("jobs", "jobs", jobs, label="Jobs"),
    Page("job", "jobs/{job_id}", job),
    Page("sweeps", "sweeps", sweeps, label="Sweeps"),
    Page("pools", "pools", pools, label="Pools"),
    Page("files", "files", files, label="Files"),
)

"""What jobs left behind: where it is, downloads, and the outputs of records joined to their inputs."""

"""The commands of the tool, one file each. A group such as `jobchute jobs` is one file, too."""

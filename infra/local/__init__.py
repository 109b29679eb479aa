"""The embedded AWS: everything that Jobchute needs to run on one machine."""

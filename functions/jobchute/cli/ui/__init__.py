"""The page of `jobchute ui`: it reads the deployment and changes nothing.

`facts/` beside this package gathers what a page shows; the modules here turn it into HTML and serve it.
"""
